import type { Queries } from '../../database/port.ts';
import { getCursor } from '../../database/repositories/cursors.ts';
import { setFact } from '../../database/repositories/facts.ts';
import { isoTime } from '../../kernel/clock.ts';
import { AnchorError, badInput, notFound } from '../../kernel/errors.ts';
import { claimableBalanceId } from '../../stellar/build.ts';
import type { NetworkOperation, NetworkTransaction } from '../../stellar/port.ts';
import { tellCompleted } from '../../transfers/completed.ts';
import type { AnchorContext } from '../../transfers/context.ts';
import { refundPaid } from '../../transfers/refunds.ts';
import type { ObligationRow, TransactionRow } from '../../transfers/rows.ts';
import { changeObligation, completeTransaction, transactionOf } from '../../transfers/settle.ts';
import { assetKeys, type OwnAccount, ownAccounts } from './accounts.ts';
import { compareCredits } from './bank.ts';
import { ACCEPTED, acceptedFact, feePayer } from './book.ts';
import { patient } from './history.ts';
import { amountText } from './incoming.ts';
import { type Movement, movementsOf } from './movements.ts';
import { pays } from './outgoing.ts';
import { createReport } from './report.ts';

export interface Acceptance {
  /** lower-case hex */
  hash: string;
  /** `operator:NAME` */
  by: string;
  reason: string;
}

/** What accepting has done: the obligations that the transaction turned out to have paid. */
export interface Accepted {
  hash: string;
  paid: string[];
}

/**
 * Books a transaction that this database has not signed as internal: it becomes an envelope of purpose `accepted`, with who, when and
 * why. Payments in it that are exactly what we owe somebody (destination, asset, amount, memo) settle those obligations, so that after
 * a restored backup nobody is paid twice; therefore all that has arrived must have been read before.
 *
 * @throws TRANSACTION_NOT_FOUND, TRANSACTION_NOT_OURS, CREDITS_NOT_READ, PAYMENTS_NOT_READ, BANK_UNREADABLE, NETWORK_UNAVAILABLE
 */
export async function acceptTransaction(
  ctx: AnchorContext,
  wanted: Acceptance,
  signal: AbortSignal,
): Promise<Accepted> {
  const transaction = await patient(ctx, signal, () => ctx.network.transaction(wanted.hash));
  if (transaction === null) {
    throw notFound(
      'TRANSACTION_NOT_FOUND',
      `The network does not know the transaction ${wanted.hash}.`,
      'Copy the hash from anchor reconcile.',
    );
  }
  const own = await ownAccounts(ctx);
  const moved = await movementsOfOurs(ctx, own, transaction, signal);
  if (!moved.ours) {
    throw badInput(
      'TRANSACTION_NOT_OURS',
      `The transaction ${wanted.hash} did not use a key of this anchor.`,
      'There is nothing to accept.',
    );
  }
  const known = await ctx.db.read
    .selectFrom('envelopes')
    .select('hash')
    .where(({ eb, or }) => or([eb('hash', '=', transaction.hash), eb('inner_hash', '=', transaction.hash)]))
    .executeTakeFirst();
  if (known !== undefined) {
    await ctx.db.write((trx) => audit(ctx, trx, wanted, []));
    return { hash: wanted.hash, paid: [] };
  }
  await requireAllRead(ctx, own, transaction, signal);
  return book(ctx, wanted, transaction, moved.out);
}

/** A movement out, and the operation that made it. */
type Out = Movement & { operation: NetworkOperation };

/** What it took from our accounts, and whether it took one of our keys at all. */
async function movementsOfOurs(
  ctx: AnchorContext,
  own: OwnAccount[],
  transaction: NetworkTransaction,
  signal: AbortSignal,
): Promise<{ ours: boolean; out: Out[] }> {
  const payer = feePayer(transaction);
  const out: Out[] = [];
  let ours = own.some(({ id }) => id === transaction.sourceAccount || id === payer);
  const first = BigInt(transaction.pagingToken);
  for (const { id } of own) {
    const page = await patient(ctx, signal, () => ctx.network.operations(id, String(first), 100));
    for (const operation of page) {
      if (BigInt(operation.pagingToken) > (first | 0xfffn)) break;
      if (operation.sourceAccount === id) ours = true;
      const { movements } = await patient(ctx, signal, () => movementsOf(ctx.network, id, operation));
      for (const movement of movements) if (movement.way === 'out') out.push({ ...movement, operation });
    }
  }
  return { ours, out };
}

/** A bank's clock may be off by as much, or it tells days only. */
const BANK_SKEW_MS = 3_600_000;

/**
 * An obligation that is not there yet could not be recognized as paid, and would be paid again later: what can have made it owed came in
 * before the transaction, and has to be on the books.
 */
async function requireAllRead(
  ctx: AnchorContext,
  own: OwnAccount[],
  transaction: NetworkTransaction,
  signal: AbortSignal,
): Promise<void> {
  const report = createReport();
  const before = Date.parse(transaction.createdAt) + BANK_SKEW_MS;
  const { unbooked } = await compareCredits(ctx, report, signal, before);
  const unreadable = report.differences.find(({ kind }) => kind === 'bank_unreadable');
  if (unreadable !== undefined) {
    throw new AnchorError({
      code: 'BANK_UNREADABLE',
      message: `The bank cannot be read, so nobody knows whether all that arrived is booked: ${unreadable.found}`,
      hint: unreadable.hint,
    });
  }
  if (unbooked > 0) {
    throw new AnchorError({
      code: 'CREDITS_NOT_READ',
      message:
        'The bank has credits that are not booked yet; what they make owed could be paid a second time.',
      hint: 'Run: anchor run poll-deposits. Then accept it again; nothing is paid meanwhile.',
    });
  }
  for (const { id, watched } of own) {
    if (!watched) continue;
    const cursor = await getCursor(ctx.db.read, `payments:${id}`);
    const from = cursor ?? '0';
    if (BigInt(from) >= BigInt(transaction.pagingToken)) continue;
    const [next] = await patient(ctx, signal, () => ctx.network.operations(id, from, 1));
    if (next === undefined || BigInt(next.pagingToken) > BigInt(transaction.pagingToken)) continue;
    throw new AnchorError({
      code: 'PAYMENTS_NOT_READ',
      message: `The history of ${id} is not read up to this transaction yet.`,
      hint: 'Run: anchor run watch-payments. Then accept it again; nothing is paid meanwhile.',
    });
  }
}

async function book(
  ctx: AnchorContext,
  wanted: Acceptance,
  transaction: NetworkTransaction,
  out: Out[],
): Promise<Accepted> {
  const assets = await assetKeys(ctx);
  const completed: TransactionRow[] = [];
  const paid: string[] = [];
  await ctx.db.write(async (trx) => {
    completed.length = 0;
    paid.length = 0;
    await insertEnvelope(ctx, trx, wanted, transaction);
    if (transaction.successful) {
      const open = await openObligations(trx, out);
      for (const movement of out) {
        const at = open.findIndex((row) => pays({ assets }, movement, row) && sameMemo(row, transaction));
        const [row] = at < 0 ? [] : open.splice(at, 1);
        if (row === undefined) continue;
        paid.push(row.id);
        const done = await settle(ctx, trx, row, wanted, balanceOf(movement, transaction));
        if (done !== null) completed.push(done);
      }
    }
    await audit(ctx, trx, wanted, paid);
  });
  const internal = out.map(({ units, asset, to }) => `${amountText(units, asset)} to ${to}`);
  ctx.log.warn('transaction_accepted', { ...wanted, paid, moved: internal.slice(0, 20) });
  for (const row of completed) await tellCompleted(ctx, row);
  return { hash: wanted.hash, paid };
}

const insertEnvelope = (
  ctx: AnchorContext,
  trx: Queries,
  wanted: Acceptance,
  transaction: NetworkTransaction,
): Promise<unknown> => {
  const at = isoTime(ctx.clock.now());
  const { by, reason } = wanted;
  return trx
    .insertInto('envelopes')
    .values({
      hash: transaction.hash,
      inner_hash: transaction.innerHash ?? transaction.hash,
      slot_id: null,
      purpose: ACCEPTED,
      xdr: transaction.envelopeXdr,
      source_account: transaction.sourceAccount,
      sequence: transaction.sequence,
      max_ledger: 0,
      max_time: 0,
      fee_units: transaction.feeCharged > 0n ? transaction.feeCharged : 1n,
      state: transaction.successful ? 'applied' : 'failed',
      ledger: transaction.ledger,
      result_xdr: transaction.resultXdr,
      last_answer: JSON.stringify({ accepted: { by, reason, at } }),
      created_at: at,
      updated_at: at,
    })
    .execute();
};

/** Who, when and why, for good: envelopes are never deleted, and the fact is there for transactions that had one already. */
async function audit(
  ctx: AnchorContext,
  trx: Queries,
  { hash, by, reason }: Acceptance,
  paid: string[],
): Promise<void> {
  const at = isoTime(ctx.clock.now());
  await setFact(trx, acceptedFact(hash), JSON.stringify({ by, reason, at, paid }), at);
}

/** Not those that are bound: their own slot tells what becomes of them. */
const openObligations = (trx: Queries, out: Out[]): Promise<ObligationRow[]> => {
  const destinations = [...new Set(out.flatMap(({ to }) => (to === null ? [] : [to])))];
  return destinations.length === 0
    ? Promise.resolve([])
    : trx
        .selectFrom('obligations')
        .selectAll()
        .where('leg', '=', 'stellar')
        .where('state', 'in', ['owed', 'waiting', 'held'])
        .where('destination', 'in', destinations)
        .orderBy('created_at')
        .orderBy('id')
        .execute();
};

function sameMemo(row: ObligationRow, transaction: NetworkTransaction): boolean {
  if (row.memo_type === null) return transaction.memoType === 'none';
  if (transaction.memoType !== row.memo_type) return false;
  const memo =
    row.memo_type === 'hash' && transaction.memo !== null
      ? Buffer.from(transaction.memo, 'base64').toString('hex')
      : transaction.memo;
  return memo === row.memo;
}

const balanceOf = (
  { operation }: Out,
  { sourceAccount: source, sequence }: NetworkTransaction,
): string | null =>
  operation.type === 'create_claimable_balance'
    ? claimableBalanceId({ source, sequence, operationIndex: Number(BigInt(operation.id) & 0xfffn) - 1 })
    : null;

async function settle(
  ctx: AnchorContext,
  trx: Queries,
  row: ObligationRow,
  { hash, by }: Acceptance,
  balance: string | null,
): Promise<TransactionRow | null> {
  await changeObligation(ctx, trx, row, {
    state: 'paid',
    paid_by: hash,
    waiting_code: null,
    waiting_text: null,
    not_before_at: null,
  });
  if (row.purpose === 'refund') {
    await refundPaid(ctx, trx, row, by);
    return null;
  }
  const transaction = await transactionOf(trx, row.transaction_id);
  return completeTransaction(ctx, trx, transaction, {
    by,
    reason: 'the payment was found in a ledger and accepted',
    set: {
      stellar_transaction_id: hash,
      ...(balance === null ? {} : { claimable_balance_id: balance }),
    },
  });
}
