import { isoTime } from '../../kernel/clock.ts';
import { AnchorError } from '../../kernel/errors.ts';
import { limits } from '../../kernel/limits.ts';
import { buildTransaction, type Operation } from '../../stellar/build.ts';
import type { KeyPair } from '../../stellar/keys.ts';
import type { NetworkTransaction, SubmitAnswer } from '../../stellar/port.ts';
import type { AnchorContext } from '../../transfers/context.ts';

export interface Step {
  /** what it is for, kept with the envelope, e.g. `issue SRT` */
  purpose: string;
  source: KeyPair;
  operations: readonly Operation[];
  /** the source and everyone else who has to sign */
  signers: readonly KeyPair[];
}

type Ports = Pick<AnchorContext, 'db' | 'network' | 'clock' | 'project' | 'log'>;

const ATTEMPTS = 3;
const POLL_MS = 500;
/** polls between two submissions of the same envelope */
const RESUBMIT_EVERY = 10;
/** after a refusal the envelope may still be in a ledger that the server has not read yet */
const POLLS_AFTER_REFUSAL = 6;

/**
 * Brings an account into the state that `next` wants: `next` reads the network and answers the transaction that is missing, or
 * null when none is. Each envelope is recorded before it is sent. An envelope whose fate is unclear can do no harm: the next one
 * takes the same sequence number, so at most one of them applies, and `next` looks again before it asks for more.
 *
 * @throws NETWORK_UNAVAILABLE, TRANSACTION_REFUSED, TRANSACTION_UNCLEAR
 */
export async function achieve(ctx: Ports, next: () => Promise<Step | null>): Promise<boolean> {
  await bookLeftovers(ctx);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const step = await next();
    if (step === null) return attempt > 0;
    const end = await transact(ctx, step);
    if (end === 'applied' && (await next()) === null) return true;
  }
  throw new AnchorError({
    code: 'TRANSACTION_UNCLEAR',
    message: 'The accounts are changed by somebody else at the same time.',
    hint: 'Run anchor setup again when nothing else uses these accounts.',
  });
}

/** Envelopes of a process that ended while they were under way: what became of them is written down, where the network tells. */
async function bookLeftovers(ctx: Ports): Promise<void> {
  const left = await ctx.db.read
    .selectFrom('envelopes')
    .select(['hash', 'source_account', 'sequence', 'max_ledger'])
    .where('slot_id', 'is', null)
    .where('state', 'in', ['signed', 'submitted'])
    .execute();
  for (const { hash, source_account: source, sequence, max_ledger } of left) {
    const found = await ctx.network.transaction(hash);
    if (found !== null) {
      const state = found.successful ? 'applied' : 'failed';
      await mark(ctx, hash, { state, ledger: found.ledger, result_xdr: found.resultXdr });
      continue;
    }
    const account = await ctx.network.account(source);
    const used = !('missing' in account) && account.sequence >= sequence;
    if (!used && account.ledger >= max_ledger) await mark(ctx, hash, { state: 'dead' });
  }
}

async function transact(ctx: Ports, step: Step): Promise<'applied' | 'overtaken'> {
  const account = await ctx.network.account(step.source.publicKey);
  if ('missing' in account) throw missingSource(step.source.publicKey);
  const ledger = await ctx.network.latestLedger();
  const sequence = account.sequence + 1n;
  const fee = await feePerOperation(ctx, ledger.baseFee);
  const bounds = {
    maxLedger: ledger.sequence + limits.envelopeLedgers,
    maxTime: Math.max(ledger.closeTime, Math.floor(ctx.clock.now() / 1000)) + limits.envelopeSeconds,
  };
  const envelope = await buildTransaction({
    passphrase: ctx.network.passphrase,
    source: step.source.publicKey,
    sequence,
    feePerOperation: fee,
    operations: step.operations,
    signers: step.signers,
    ...bounds,
  });
  const now = isoTime(ctx.clock.now());
  await ctx.db.write((trx) =>
    trx
      .insertInto('envelopes')
      .values({
        hash: envelope.hash,
        inner_hash: envelope.innerHash,
        slot_id: null,
        purpose: step.purpose,
        xdr: envelope.xdr,
        source_account: step.source.publicKey,
        sequence,
        max_ledger: bounds.maxLedger,
        max_time: bounds.maxTime,
        fee_units: fee * BigInt(step.operations.length),
        state: 'signed',
        ledger: null,
        result_xdr: null,
        last_answer: null,
        created_at: now,
        updated_at: now,
      })
      .onConflict((conflict) => conflict.column('hash').doNothing())
      .execute(),
  );
  return settle(ctx, { ...envelope, sequence, source: step.source.publicKey, maxLedger: bounds.maxLedger });
}

interface Sent {
  hash: string;
  xdr: string;
  source: string;
  sequence: bigint;
  maxLedger: number;
}

/** Submits and looks until the network has decided, or until it is proven that it never will. */
async function settle(ctx: Ports, sent: Sent): Promise<'applied' | 'overtaken'> {
  let answer = await submit(ctx, sent);
  for (let poll = 1; ; poll++) {
    if (answer.status === 'applied') return conclude(ctx, sent, answer);
    const found = await ctx.network.transaction(sent.hash);
    if (found !== null) return conclude(ctx, sent, found);
    const account = await ctx.network.account(sent.source);
    const used = !('missing' in account) && account.sequence >= sent.sequence;
    if (answer.status === 'refused' && poll >= POLLS_AFTER_REFUSAL) {
      if (used) return 'overtaken';
      throw refused(answer);
    }
    if (account.ledger >= sent.maxLedger && !used) {
      await mark(ctx, sent.hash, { state: 'dead' });
      throw new AnchorError({
        code: 'TRANSACTION_UNCLEAR',
        message: 'The network did not take the transaction in time.',
        hint: 'It may be busy. Run anchor setup again.',
      });
    }
    await ctx.clock.sleep(POLL_MS);
    if (answer.status !== 'refused' && poll % RESUBMIT_EVERY === 0) answer = await submit(ctx, sent);
  }
}

async function submit(ctx: Ports, sent: Sent): Promise<SubmitAnswer> {
  const answer = await ctx.network.submit(sent.xdr);
  ctx.log.debug('provision_submitted', { hash: sent.hash, answer: answer.status });
  await mark(ctx, sent.hash, { state: 'submitted', last_answer: JSON.stringify(answer) });
  if (answer.status === 'throttled') await ctx.clock.sleep(answer.retryAfterMs ?? POLL_MS);
  return answer;
}

async function conclude(
  ctx: Ports,
  sent: Sent,
  end: Pick<NetworkTransaction, 'successful' | 'ledger' | 'resultXdr'>,
): Promise<'applied'> {
  await mark(ctx, sent.hash, {
    state: end.successful ? 'applied' : 'failed',
    ledger: end.ledger,
    result_xdr: end.resultXdr,
  });
  if (end.successful) return 'applied';
  throw new AnchorError({
    code: 'TRANSACTION_REFUSED',
    message: `The network carried the transaction out and it failed (transaction ${sent.hash}).`,
    hint: 'Look at the accounts concerned, then run anchor setup again.',
  });
}

interface Mark {
  state: 'submitted' | 'applied' | 'failed' | 'dead';
  ledger?: number;
  result_xdr?: string;
  last_answer?: string;
}

async function mark(ctx: Ports, hash: string, set: Mark): Promise<void> {
  await ctx.db.write((trx) =>
    trx
      .updateTable('envelopes')
      .set((row) => ({
        ...set,
        updated_at: isoTime(ctx.clock.now()),
        ...(set.last_answer === undefined ? {} : { submissions: row('submissions', '+', 1) }),
      }))
      .where('hash', '=', hash)
      .execute(),
  );
}

/** What the last ledgers asked for, twice the least at any rate, and never more than the project allows. */
async function feePerOperation(ctx: Ports, baseFee: bigint): Promise<bigint> {
  const { p90Fee } = await ctx.network.feeStats();
  const wanted = p90Fee > 2n * baseFee ? p90Fee : 2n * baseFee;
  const most = ctx.project.stellar.maxFee;
  return wanted < most ? wanted : most > baseFee ? most : baseFee;
}

function refused(answer: SubmitAnswer & { status: 'refused' }): AnchorError {
  const codes = [answer.transactionCode, ...answer.operationCodes].join(', ');
  return new AnchorError({
    code: 'TRANSACTION_REFUSED',
    message: `The network refused the transaction: ${codes}.`,
    hint: HINTS[answer.operationCodes.find((code) => code !== 'op_success') ?? answer.transactionCode],
  });
}

const HINTS: Record<string, string> = {
  op_low_reserve: 'The account needs more XLM for its reserve: send it some and run the command again.',
  tx_insufficient_balance: 'The account needs more XLM for fees: send it some and run the command again.',
  tx_bad_auth: 'The account has other signers than its own key; make this change with them.',
  tx_insufficient_fee: 'The network is busy. Raise [stellar] max_fee in anchor.toml, or try again later.',
};

function missingSource(account: string): AnchorError {
  return new AnchorError({
    code: 'ACCOUNT_MISSING',
    message: `The account ${account} does not exist on this network.`,
    hint: 'Fund it and run anchor setup again.',
  });
}
