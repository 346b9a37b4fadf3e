import type { LedgerReader } from '../../ledger/ports.ts';
import type { History } from '../history/history.ts';
import type { TransactionRow } from '../history/rows.ts';
import type { Fields } from '../json.ts';

/** Statistics look at the newest ledgers only. */
const WINDOW = 5;
const PERCENTILES = [10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 99];

/** A fee bump counts as one operation more. */
const weightOf = (row: TransactionRow): bigint =>
  BigInt(row.operations.length + (row.inner === undefined ? 0 : 1));

function modeOf(sorted: bigint[]): bigint {
  const counts = new Map<bigint, number>();
  for (const value of sorted) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].reduce((best, next) => (next[1] > best[1] ? next : best))[0];
}

function distribution(values: bigint[], baseFee: number): Fields {
  const sorted = values.length === 0 ? [BigInt(baseFee)] : [...values].sort((a, b) => (a < b ? -1 : 1));
  const at = (percent: number) => sorted[Math.max(0, Math.ceil((percent * sorted.length) / 100) - 1)];
  const percentiles = PERCENTILES.map((percent) => [`p${percent}`, String(at(percent))]);
  return {
    max: String(sorted.at(-1)),
    min: String(sorted[0]),
    mode: String(modeOf(sorted)),
    ...Object.fromEntries(percentiles),
  };
}

/** Share of the operations that fit, cut to two decimals. */
function capacityUsage(used: number, capacity: number): string {
  return String(capacity === 0 ? 0 : Math.floor((used * 100) / capacity) / 100);
}

export function feeStats(reader: LedgerReader, history: History): Fields {
  const { header } = reader;
  const from = header.sequence - WINDOW;
  const recent = history.ledgers.slice(-WINDOW).filter((row) => row.header.sequence > from);
  const rows = recent.flatMap((ledger) => ledger.transactions);
  const used = recent.reduce((sum, ledger) => sum + ledger.txSetOperationCount, 0);
  const capacity = recent.reduce((sum, ledger) => sum + ledger.header.maxTxSetSize, 0);
  const charged = rows.map((row) => BigInt(row.feeCharged) / weightOf(row));
  const offered = rows.map((row) => BigInt(String(row.details['max_fee'])) / weightOf(row));
  return {
    last_ledger: String(header.sequence),
    last_ledger_base_fee: String(header.baseFee),
    ledger_capacity_usage: capacityUsage(used, capacity),
    fee_charged: distribution(charged, header.baseFee),
    max_fee: distribution(offered, header.baseFee),
  };
}
