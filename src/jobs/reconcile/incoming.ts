import { formatAmount } from '../../kernel/amounts.ts';
import type { Delivery } from '../../stellar/incoming.ts';
import { isGarbled } from '../../stellar/json.ts';
import type { NetworkOperation } from '../../stellar/port.ts';
import type { Book, IncomingRow } from './book.ts';
import { type Entry, patient } from './history.ts';
import { isHeld, type Moved, type Movement, movementsOf } from './movements.ts';
import { addTo, isOld, type Scan } from './scan.ts';

/** A payment that somebody can be told about: 100 SRT:G... */
export const amountText = (units: bigint, asset: string): string => `${formatAmount(units)} ${asset}`;

/**
 * Every payment to us stands in the database once, with the amount that the ledger delivered (M3, M8). Books what moved into the sums.
 *
 * @returns per operation what it did beside
 */
export async function compareIncoming(
  scan: Scan,
  book: Book,
  entry: Entry,
): Promise<Map<NetworkOperation, Moved>> {
  const moved = new Map<NetworkOperation, Moved>();
  for (const operation of entry.operations) {
    const found = await read(scan, operation);
    moved.set(operation, found);
    for (const [nth, delivery] of found.deliveries.entries()) {
      const id = nth === 0 ? operation.id : `${operation.id}-${nth}`;
      const row = book.incoming.get(id) ?? (nth === 0 ? undefined : await suffixed(scan, id));
      addHeld(scan, scan.sums, delivery);
      if (row !== undefined) scan.seen.incoming.seen(id);
      if (!scan.own.watched) addHeld(scan, scan.explained, delivery);
      else if (row === undefined) unread(scan, book, id, delivery);
      else compareRow(scan, id, delivery, row);
    }
    // a row of an operation that brought nothing, e.g. one that ingest could not read
    if (found.deliveries.length === 0) strangeRow(scan, book, operation, found.movements);
    for (const { way, asset, units } of found.movements) {
      addTo(scan.sums, asset, way === 'in' ? units : -units);
    }
  }
  return moved;
}

/** The network being away ends the run; an answer that makes no sense does not. */
async function read(scan: Scan, operation: NetworkOperation): Promise<Moved> {
  try {
    return await patient(scan.ctx, scan.signal, () => movementsOf(scan.ctx.network, scan.own.id, operation));
  } catch (error) {
    if (!isGarbled(error)) throw error;
    return { deliveries: [], movements: [] };
  }
}

const addHeld = (scan: Scan, sums: Map<string, bigint>, { asset, amount }: Delivery): void => {
  if (isHeld(asset, scan.own.id)) addTo(sums, asset, amount);
};

/** Rare: operations that deliver more than once. */
async function suffixed(scan: Scan, id: string): Promise<IncomingRow | undefined> {
  return scan.ctx.db.read
    .selectFrom('incoming_payments')
    .selectAll()
    .where('operation_id', '=', id)
    .executeTakeFirst();
}

function unread(scan: Scan, book: Book, id: string, delivery: Delivery): void {
  addHeld(scan, scan.explained, delivery);
  // before our time: the watcher may read it or not
  if (delivery.createdAt < scan.own.since) return;
  const later = book.readUntil === null || BigInt(delivery.pagingToken) > book.readUntil;
  if (later && !isOld(scan.ctx, delivery.createdAt)) {
    scan.report.pending += 1;
    return;
  }
  scan.report.add({
    kind: later ? 'incoming_not_read' : 'incoming_missing',
    id,
    expected: `a row of ${amountText(delivery.amount, delivery.asset)} from ${delivery.from}`,
    found: later ? 'it was not read yet' : 'none, although the history was read beyond it',
    hint: later
      ? 'Payments to us are not read. Start: anchor run watch-payments --loop'
      : `The payment in ${delivery.transactionHash} was passed over. Keep the database as it is and report it; the money is in ${delivery.account}.`,
  });
}

function compareRow(scan: Scan, id: string, delivery: Delivery, row: IncomingRow): void {
  const same =
    row.account === delivery.account &&
    row.asset === delivery.asset &&
    row.amount_units === delivery.amount &&
    row.transaction_hash === delivery.transactionHash;
  if (same) return;
  scan.report.add({
    kind: 'incoming_differs',
    id,
    expected: `${amountText(delivery.amount, delivery.asset)} to ${delivery.account} in ${delivery.transactionHash}`,
    found: `${amountText(row.amount_units, row.asset)} to ${row.account} in ${row.transaction_hash}`,
    hint: `The ledger is right. Stop anchor run execute-payouts, and look at anchor tx show ${row.transaction_id ?? ''}`.trim(),
  });
}

function strangeRow(scan: Scan, book: Book, operation: NetworkOperation, movements: Movement[]): void {
  const row = book.incoming.get(operation.id);
  if (row === undefined || row.account !== scan.own.id) return;
  scan.seen.incoming.seen(operation.id);
  // what an issuer took back is on record beside the payments
  const taken = row.type === 'clawback' ? movements.find(({ way }) => way === 'out') : undefined;
  if (row.amount_units === (taken?.units ?? 0n)) return;
  scan.report.add({
    kind: 'incoming_differs',
    id: operation.id,
    expected:
      taken === undefined
        ? 'no payment to us: the operation brought nothing'
        : `${amountText(taken.units, taken.asset)} clawed back`,
    found: `${row.type} of ${amountText(row.amount_units, row.asset)}`,
    hint: `The ledger is right. Stop anchor run execute-payouts, and look at anchor tx show ${row.transaction_id ?? ''}`.trim(),
  });
}
