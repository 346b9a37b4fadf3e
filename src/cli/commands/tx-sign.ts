import { scrub } from '../../kernel/log.ts';
import type { CosignView } from '../../payments/cosign/index.ts';
import type { AnchorContext } from '../../transfers/index.ts';
import type { Command } from '../command.ts';
import { type Io, paint } from '../io.ts';
import { printJson, table, usageError } from '../output.ts';
import { readPiped } from '../piped.ts';
import { withRuntime } from '../runtime.ts';
import { askHidden } from '../seeds.ts';
import { flagOption } from '../values.ts';

/** an envelope with many signatures is not longer */
const MAX_CHARS = 100_000;
const PIPE_WAIT_MS = 1_000;

const command: Command = async (given, io) => {
  const key = given.args[0];
  const fromInput = flagOption(given, 'stdin');
  const ask = flagOption(given, 'ask');
  if (fromInput && ask) throw usageError('OPTIONS_CONFLICT', '--stdin and --ask do not go together.');
  if (key === undefined && (fromInput || ask)) {
    throw usageError('ARGUMENT_MISSING', 'Which transaction is signed? Give its id or hash.');
  }
  return withRuntime(given, io, { integrations: false, logLevel: 'warn' }, async ({ ctx }) => {
    if (key === undefined) return list(ctx, given.json, io);
    const { awaitingEnvelope, cosign, cosignView, powersFor, readOffer } = await load();
    const envelope = await awaitingEnvelope(ctx, key);
    const powers = await powersFor(ctx, envelope);
    const view = await cosignView(ctx, envelope, powers);
    if (ask && !given.json) explain(io, view);
    const text = await offered(io, { fromInput, ask });
    if (text === null) {
      if (given.json) printJson(io, view);
      else {
        explain(io, view);
        io.stdout(`${view.transaction}\n`);
      }
      return 0;
    }
    const by = `operator:${io.env['USER'] ?? io.env['USERNAME'] ?? 'cli'}`;
    const done = await cosign(ctx, envelope, powers, readOffer(ctx, envelope, text), by);
    if (given.json) printJson(io, { hash: envelope.hash, ...done });
    else {
      io.stdout(`signed by ${done.added.join(', ')}: weight ${done.weight} of ${done.needed}\n`);
      const next = done.complete ? 'The submit-payments job sends it now.' : 'More signatures are needed.';
      io.stdout(`${next}\n`);
    }
    return 0;
  });
};

const load = () => import('../../payments/cosign/index.ts');

/** A secret key or signed transaction from COSIGNER_SEED, a hidden prompt or standard input; null: only print. */
async function offered(io: Io, from: { fromInput: boolean; ask: boolean }): Promise<string | null> {
  if (from.ask) {
    const text = await askHidden('Secret key of the co-signer (Enter to stop)');
    if (text === null) throw usageError('NOTHING_GIVEN', 'Nothing was signed.');
    return text;
  }
  const seed = io.env['COSIGNER_SEED']?.trim();
  if (seed && !from.fromInput) return seed;
  const waitMs = from.fromInput ? null : PIPE_WAIT_MS;
  const text = (await readPiped({ waitMs, maxChars: MAX_CHARS })).trim();
  if (text === '' && from.fromInput) {
    throw usageError('NOTHING_GIVEN', 'Nothing came on standard input.', 'Pipe in the signed transaction.');
  }
  return text === '' ? null : text;
}

async function list(ctx: AnchorContext, json: boolean, io: Io): Promise<number> {
  const { awaitingEnvelopes, cosignView, powersFor } = await load();
  const views: CosignView[] = [];
  for (const envelope of await awaitingEnvelopes(ctx)) {
    views.push(await cosignView(ctx, envelope, await powersFor(ctx, envelope)));
  }
  if (json) printJson(io, { envelopes: views });
  else if (views.length === 0) io.stdout('Nothing waits for signatures.\n');
  else {
    const rows = views.map((view) => [
      view.hash,
      `${view.weight} of ${view.needed}`,
      `until ${view.expires_at}`,
      `${view.payments.length} payment${view.payments.length === 1 ? '' : 's'}`,
    ]);
    io.stdout(table(rows));
  }
  return 0;
}

/** What a co-signer should look at first; on standard error, so that standard output is the transaction alone. */
function explain(io: Io, view: CosignView): void {
  io.stderr(`${paint(io, 'bold', 'Transaction')} ${view.hash}\n`);
  io.stderr(`network "${view.network_passphrase}", until ${view.expires_at}\n`);
  io.stderr(`\nPays from ${view.account}\n`);
  const payments = view.payments.map((one) => [
    `${one.amount} ${one.asset}`,
    `to ${one.destination}`,
    one.memo === null ? '' : `memo ${scrub(one.memo)} (${one.memo_type})`,
    `for ${one.transaction_id ?? 'a refund'}`,
  ]);
  io.stderr(table(payments).replace(/^(?=.)/gm, '  '));
  io.stderr(`\nSigned: weight ${view.weight} of ${view.needed}\n`);
  const signers = view.signers.map((one) => [
    one.key,
    `weight ${one.weight}`,
    one.signed ? 'signed' : 'missing',
  ]);
  io.stderr(`${table(signers).replace(/^(?=.)/gm, '  ')}\n`);
}

export default command;
