import { formatAmount } from '../../kernel/amounts.ts';
import type { AnchorContext } from '../../transfers/context.ts';
import { isExchange } from '../../transfers/exchange.ts';
import type { ObligationRow, TransactionRow } from '../../transfers/rows.ts';
import { TERMINAL } from '../../transfers/states.ts';
import { eachRow } from './missing.ts';
import type { Report } from './report.ts';
import { isOld } from './scan.ts';

const PAGE = 500;

/**
 * The database against itself, transaction by transaction: totals are the sums of their rows, and the status says what the rows say
 * (M1, M2, M4). `changedSince` limits it to what has moved since, ISO 8601.
 */
export async function compareTotals(
  ctx: AnchorContext,
  report: Report,
  { changedSince, signal }: { changedSince: string | null; signal: AbortSignal },
): Promise<void> {
  const read = (after: string): Promise<TransactionRow[]> =>
    ctx.db.read
      .selectFrom('transactions')
      .selectAll()
      .where('id', '>', after)
      .$if(changedSince !== null, (query) => query.where('updated_at', '>=', changedSince ?? ''))
      .orderBy('id')
      .limit(PAGE)
      .execute();
  let batch: TransactionRow[] = [];
  const work = async (): Promise<void> => {
    await compareBatch(ctx, report, batch);
    batch = [];
  };
  const visit = async (row: TransactionRow): Promise<void> => {
    batch.push(row);
    if (batch.length >= PAGE) await work();
  };
  await eachRow(read, visit, signal, PAGE);
  await work();
}

interface Parts {
  received: bigint;
  obligations: ObligationRow[];
}

async function compareBatch(ctx: AnchorContext, report: Report, batch: TransactionRow[]): Promise<void> {
  if (batch.length === 0) return;
  const parts = await partsOf(ctx, batch);
  const doubtful: string[] = [];
  for (const row of batch) if (faultsOf(ctx, row, partOf(parts, row)).length > 0) doubtful.push(row.id);
  if (doubtful.length === 0) return;
  // it may have moved between two readings: only what two agree on is a difference
  const again: TransactionRow[] = await ctx.db.read
    .selectFrom('transactions')
    .selectAll()
    .where('id', 'in', doubtful)
    .execute();
  const partsAgain = await partsOf(ctx, again);
  for (const row of again) {
    const before = batch.find((one) => one.id === row.id);
    if (before?.version !== row.version) report.pending += 1;
    else for (const fault of faultsOf(ctx, row, partOf(partsAgain, row))) add(report, row, fault);
  }
}

const partOf = (parts: Map<string, Parts>, row: TransactionRow): Parts =>
  parts.get(row.id) ?? { received: 0n, obligations: [] };

async function partsOf(ctx: AnchorContext, batch: TransactionRow[]): Promise<Map<string, Parts>> {
  const ids = batch.map((row) => row.id);
  const parts = new Map<string, Parts>(ids.map((id) => [id, { received: 0n, obligations: [] }]));
  const credits = await ctx.db.read
    .selectFrom('bank_credits')
    .select(['transaction_id', 'amount_units'])
    .where('transaction_id', 'in', ids)
    .where('bucket', '=', 'matched')
    .execute();
  const payments = await ctx.db.read
    .selectFrom('incoming_payments')
    .select(['transaction_id', 'amount_units'])
    .where('transaction_id', 'in', ids)
    .where('bucket', '=', 'matched')
    .execute();
  for (const row of [...credits, ...payments]) {
    const part = parts.get(row.transaction_id ?? '');
    if (part !== undefined) part.received += row.amount_units;
  }
  const owed: ObligationRow[] = await ctx.db.read
    .selectFrom('obligations')
    .selectAll()
    .where('transaction_id', 'in', ids)
    .execute();
  for (const row of owed) parts.get(row.transaction_id ?? '')?.obligations.push(row);
  return parts;
}

interface Fault {
  kind: 'transaction_total' | 'transaction_status';
  expected: string;
  found: string;
}

const total = (rows: ObligationRow[]): bigint => rows.reduce((sum, row) => sum + row.amount_units, 0n);

/** An exchange is counted in what came in, and delivered in what goes out. */
const deliveredOf = (row: TransactionRow): bigint =>
  isExchange(row) ? (row.received_units > 0n ? (row.amount_out_units ?? 0n) : 0n) : row.paid_units;

function faultsOf(ctx: AnchorContext, row: TransactionRow, { received, obligations }: Parts): Fault[] {
  const live = obligations.filter((one) => one.state !== 'cancelled');
  const faults: Fault[] = [];
  const sums: [name: string, column: bigint, rows: bigint][] = [
    ['received', row.received_units, received],
    ['paid', deliveredOf(row), total(live.filter((one) => one.purpose === 'deliver'))],
    ['refunded', row.refunded_units, total(live.filter((one) => one.purpose === 'refund'))],
  ];
  for (const [name, column, rows] of sums) {
    if (column === rows) continue;
    faults.push({
      kind: 'transaction_total',
      expected: `${name} ${formatAmount(rows)}, the sum of its rows`,
      found: `${name} ${formatAmount(column)}`,
    });
  }
  const left = row.received_units - row.paid_units - row.refunded_units - row.fee_units;
  if (left < 0n || (left > 0n && TERMINAL.has(row.status))) {
    faults.push({
      kind: 'transaction_total',
      expected: 'paid + refunded + fee = received',
      found: `${formatAmount(left)} of ${formatAmount(row.received_units)} left over`,
    });
  }
  const status = statusFault(ctx, row, live, obligations);
  if (status !== null) faults.push({ kind: 'transaction_status', ...status });
  return faults;
}

const isRefundedLate = (row: TransactionRow, obligations: ObligationRow[]): boolean =>
  row.status === 'completed' &&
  row.refunded_units === row.received_units &&
  obligations.some((one) => one.purpose === 'deliver' && one.held_for === 'returned');

function statusFault(
  ctx: AnchorContext,
  row: TransactionRow,
  live: ObligationRow[],
  obligations: ObligationRow[],
): Omit<Fault, 'kind'> | null {
  // a payout that the bank brought back is owed again, also after the end: an operator has it on the list
  const isBack = (one: ObligationRow): boolean => one.state === 'held' && one.held_for === 'returned';
  const open = live.filter((one) => one.state !== 'paid' && !isBack(one));
  // in place of a payout that came back after the end, its refund is owed
  const refunding = isRefundedLate(row, obligations);
  const paid = (purpose: 'deliver' | 'refund') =>
    live.some((one) => one.purpose === purpose && (one.state === 'paid' || isBack(one)));
  if (TERMINAL.has(row.status) && open.length > 0 && !refunding) {
    const found = `${row.status}, and ${open.map((one) => `${one.purpose} ${one.state}`).join(', ')}`;
    return { expected: 'an end only when nothing is owed any more', found };
  }
  if (row.status === 'completed' && !paid('deliver') && !refunding) {
    return { expected: 'completed only when it is paid', found: 'nothing was paid' };
  }
  if (row.status === 'refunded' && !paid('refund')) {
    return { expected: 'refunded only when it is paid back', found: 'nothing was paid back' };
  }
  const ended =
    live.length > 0 && live.every((one) => one.state === 'paid') && row.paid_units + row.refunded_units > 0n;
  const stuck = ended && !TERMINAL.has(row.status) && live.every((one) => isOld(ctx, one.updated_at));
  if (stuck) return { expected: 'an end: everything owed is paid', found: row.status };
  return null;
}

function add(report: Report, row: TransactionRow, fault: Fault): void {
  report.add({ id: row.id, ...fault, hint: `See what happened to it: anchor tx show ${row.id}` });
}
