import { paidAsset, seeOf } from './accounts.ts';
import { patient } from './history.ts';
import { amountText } from './incoming.ts';
import type { Scan } from './scan.ts';
import type { Start } from './start.ts';
import type { Tally } from './tally.ts';

const PAGE = 1_000;

/** Every row of a query in pages by its id, so that memory stays bounded. */
export async function eachRow<T extends { id: string }>(
  read: (after: string, limit: number) => Promise<T[]>,
  visit: (row: T) => void | Promise<void>,
  signal: AbortSignal,
  size = PAGE,
): Promise<void> {
  for (let after = ''; !signal.aborted; ) {
    const rows = await read(after, size);
    for (const row of rows) await visit(row);
    const last = rows.at(-1);
    if (last === undefined || rows.length < size) return;
    after = last.id;
  }
}

/** Rows that the other side did not show: the tally says which may be, and only those are looked up one by one. */
export async function unseen<T extends { id: string }>(
  tally: Tally,
  read: (after: string, limit: number) => Promise<T[]>,
  report: (row: T) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  await eachRow(read, (row) => tally.row(row.id), signal);
  if (tally.isEven()) return;
  await eachRow(read, (row) => (tally.isSuspect(row.id) ? report(row) : undefined), signal);
}

/**
 * What the database has and the ledger has not: payments to us, payments of ours that are marked paid, envelopes marked applied. Only
 * rows of the ledgers that were gone through are judged.
 *
 * @throws NETWORK_UNAVAILABLE
 */
export async function findMissing(scan: Scan, start: Start): Promise<void> {
  await missingIncoming(scan, start);
  await missingEnvelopes(scan, start);
  await missingPayments(scan, start);
}

async function missingIncoming(scan: Scan, { after: from, tip }: Start): Promise<void> {
  const { ctx, own, report, signal } = scan;
  const read = (after: string, limit: number) =>
    ctx.db.read
      .selectFrom('incoming_payments')
      .select(['operation_id as id', 'transaction_hash', 'asset', 'amount_units', 'transaction_id'])
      .where('account', '=', own.id)
      .where('ledger', '>', from)
      .where('ledger', '<=', tip)
      .where('operation_id', '>', after)
      .orderBy('operation_id')
      .limit(limit)
      .execute();
  await unseen(
    scan.seen.incoming,
    read,
    async (row) => {
      const base = BigInt(row.id.split('-')[0] ?? '0');
      const [found] = await patient(ctx, signal, () => ctx.network.operations(own.id, String(base - 1n), 1));
      if (found?.id === String(base)) return;
      scan.dirty = true;
      report.add({
        kind: 'incoming_not_on_ledger',
        id: row.id,
        expected: `an operation that brings ${amountText(row.amount_units, row.asset)}`,
        found: `none in the history of ${own.id} (transaction ${row.transaction_hash})`,
        hint: `The ledger is right. Stop anchor run execute-payouts, and look at anchor tx show ${row.transaction_id ?? ''}`.trim(),
      });
    },
    signal,
  );
}

async function missingEnvelopes(scan: Scan, { after: from, tip }: Start): Promise<void> {
  const { ctx, own, report, signal } = scan;
  const read = (after: string, limit: number) =>
    ctx.db.read
      .selectFrom('envelopes')
      .select(['hash as id', 'state', 'ledger', 'sequence'])
      .where('source_account', '=', own.id)
      .where('state', 'in', ['applied', 'failed'])
      .where('ledger', '>', from)
      .where('ledger', '<=', tip)
      .where('hash', '>', after)
      .orderBy('hash')
      .limit(limit)
      .execute();
  await unseen(
    scan.seen.envelopes,
    read,
    async (row) => {
      if ((await patient(ctx, signal, () => ctx.network.transaction(row.id))) !== null) return;
      scan.dirty = true;
      report.add({
        kind: 'envelope_not_on_ledger',
        id: row.id,
        expected: `${row.state} in ledger ${row.ledger}, sequence ${row.sequence} of ${own.id}`,
        found: 'the network does not know it',
        hint: 'Check HORIZON_URI: another network, or a server that has lost part of its history.',
      });
    },
    signal,
  );
}

async function missingPayments(scan: Scan, { after: from, tip }: Start): Promise<void> {
  const { ctx, own, report, signal } = scan;
  if (own.assets.length === 0) return;
  const read = (after: string, limit: number) =>
    ctx.db.read
      .selectFrom('obligations')
      .innerJoin('envelopes', 'envelopes.hash', 'obligations.paid_by')
      .select(['obligations.id', 'paid_by', 'amount_units', 'destination', 'asset_id', 'asset_key'])
      .select(['transaction_id', 'incoming_id', 'credit_id'])
      .where('obligations.leg', '=', 'stellar')
      .where('obligations.state', '=', 'paid')
      .where('obligations.asset_id', 'in', own.assets)
      .where('envelopes.ledger', '>', from)
      .where('envelopes.ledger', '<=', tip)
      .where('obligations.id', '>', after)
      .orderBy('obligations.id')
      .limit(limit)
      .execute();
  await unseen(
    scan.seen.obligations,
    read,
    async (row) => {
      const hash = row.paid_by ?? '';
      const found = await patient(ctx, signal, () => ctx.network.transaction(hash));
      scan.dirty = true;
      report.add({
        kind: 'paid_not_on_ledger',
        id: row.id,
        expected: `${amountText(row.amount_units, paidAsset(scan.assets, row))} to ${row.destination} in ${hash}`,
        found:
          found === null
            ? 'the network does not know this transaction'
            : found.successful
              ? 'the transaction is there, and this payment is not in it'
              : 'the transaction failed',
        hint: `The ledger is right: the user has not been paid. See ${seeOf(row)}`,
      });
    },
    signal,
  );
}
