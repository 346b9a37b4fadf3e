import type { Acceptance, Accepted, FreezeNote, Report } from '../../jobs/reconcile/index.ts';
import type { AnchorContext } from '../../transfers/context.ts';
import type { Command, Given } from '../command.ts';
import { type Io, paint } from '../io.ts';
import { printJson, usageError } from '../output.ts';
import { withRuntime } from '../runtime.ts';
import { onStop } from '../stop.ts';
import { textOption } from '../values.ts';

const command: Command = async (given, io) => {
  const since = sinceOption(given);
  const accepting = acceptOptions(given, io);
  if (since !== null && accepting.length > 0) {
    throw usageError('OPTIONS_CONFLICT', '--since and --accept do not go together.');
  }
  const stop = onStop(io);
  try {
    return await withRuntime(given, io, { sandbox: true }, async ({ ctx }) => {
      const jobs = await import('../../jobs/reconcile/index.ts');
      if (io.interactive && !given.json) io.stderr('comparing the network, the bank and the database ...\n');
      const accepted: Accepted[] = [];
      for (const one of accepting) accepted.push(await jobs.acceptTransaction(ctx, one, stop.signal));
      const sinceLedger = since === null ? null : await ledgerOf(ctx, since);
      const report = await jobs.reconcile(ctx, { signal: stop.signal, sinceLedger });
      const last = accepting.at(-1);
      if (last !== undefined && report.stops.length === 0) {
        await jobs.liftFreeze(ctx, last.by, `${last.hash}: ${last.reason}`);
      }
      const freeze = await jobs.readFreezeNote(ctx);
      const ok = report.count() === 0 && freeze === null;
      if (given.json) printJson(io, { ok, differences: withFreeze(report, freeze) });
      else print(io, report, { accepted, freeze, ok });
      return stop.status(ok ? 0 : 1);
    });
  } finally {
    stop.dispose();
  }
};

type Since = { ledger: number } | { time: string };

/** A ledger, or a time. */
function sinceOption(given: Given): Since | null {
  const text = textOption(given, 'since');
  if (text === undefined) return null;
  if (/^[1-9]\d{0,9}$/.test(text)) return { ledger: Number(text) };
  const at = /^\d{4}-\d{2}-\d{2}(?:T[\d:.]+(?:Z|[+-]\d{2}:\d{2}))?$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
  if (!Number.isNaN(at)) return { time: new Date(at).toISOString() };
  throw usageError(
    'OPTION_INVALID',
    '--since takes a ledger number, or a time such as 2026-01-31 or 2026-01-31T12:00:00Z.',
  );
}

function acceptOptions(given: Given, io: Io): Acceptance[] {
  const text = textOption(given, 'accept');
  const reason = textOption(given, 'reason')?.trim() ?? '';
  if (text === undefined) {
    if (reason === '') return [];
    throw usageError('OPTION_INVALID', '--reason goes with --accept HASH.');
  }
  if (reason === '' || reason.length > 500) {
    throw usageError(
      'REASON_MISSING',
      '--accept needs --reason TEXT: why the transaction is right, in at most 500 characters.',
    );
  }
  const hashes = text.toLowerCase().split(',');
  if (!hashes.every((hash) => /^[0-9a-f]{64}$/.test(hash))) {
    throw usageError(
      'OPTION_INVALID',
      '--accept takes a transaction hash (64 hexadecimal digits), or several with commas.',
    );
  }
  const by = `operator:${io.env['USER'] ?? io.env['USERNAME'] ?? 'cli'}`;
  return [...new Set(hashes)].map((hash) => ({ hash, by, reason }));
}

/** Of a time: the ledger after the last one before it in which something is on our books. */
async function ledgerOf(ctx: AnchorContext, since: Since): Promise<number> {
  if ('ledger' in since) return since.ledger;
  const row = await ctx.db.read
    .selectFrom('incoming_payments')
    .select(({ fn }) => fn.max('ledger').as('ledger'))
    .where('paid_at', '<', since.time)
    .executeTakeFirst();
  return Number(row?.ledger ?? 0) + 1;
}

/** A freeze that nothing in this run explains is a difference too: nothing is paid while it lasts. */
function withFreeze(report: Report, freeze: FreezeNote | null) {
  const listed = report.list();
  if (freeze === null || report.stops.length > 0) return listed;
  const what = freeze.hash === '' ? freeze.cause : freeze.hash;
  return [
    ...listed,
    {
      kind: 'frozen',
      id: freeze.account,
      expected: 'payments go on',
      found: `signing is frozen since ${freeze.at}: ${freeze.text ?? what}`,
      hint:
        freeze.hash === ''
          ? 'It ends when the network is read right again: anchor run watch-payments'
          : `Look at the transaction and at the log (signing_frozen). When it is settled: anchor reconcile --accept ${freeze.hash} --reason TEXT`,
    },
  ];
}

interface Outcome {
  accepted: Accepted[];
  freeze: FreezeNote | null;
  ok: boolean;
}

function print(io: Io, report: Report, { accepted, freeze, ok }: Outcome): void {
  for (const { hash, paid } of accepted) {
    const settled = paid.length === 0 ? 'internal' : `it has paid ${paid.length} of what was owed`;
    io.stdout(`accepted ${hash}: ${settled}\n`);
  }
  for (const { kind, id, expected, found, hint } of withFreeze(report, freeze)) {
    io.stdout(
      `${paint(io, 'red', kind)} ${id}\n  expected  ${expected}\n  found     ${found}\n  hint      ${hint}\n`,
    );
  }
  const { transactions, operations, obligations, credits } = report.compared;
  io.stdout(
    `${transactions} transactions, ${operations} operations, ${obligations} payments and payouts, ${credits} bank credits compared` +
      `${report.pending === 0 ? '' : `, ${report.pending} under way`}\n`,
  );
  if (freeze !== null) io.stdout(`${paint(io, 'yellow', 'Signing is frozen: nothing is paid.')}\n`);
  io.stdout(ok ? 'All agree.\n' : `${report.count()} differences.\n`);
}

export default command;
