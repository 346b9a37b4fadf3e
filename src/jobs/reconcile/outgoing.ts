import type { EnvelopeRow } from '../../payments/rows.ts';
import type { NetworkOperation } from '../../stellar/port.ts';
import type { ObligationRow } from '../../transfers/rows.ts';
import { paidAsset, seeOf } from './accounts.ts';
import { ACCEPTED, type Book, hashesOf } from './book.ts';
import type { Entry } from './history.ts';
import { amountText } from './incoming.ts';
import type { Moved, Movement } from './movements.ts';
import { addTo, isOld, type Scan } from './scan.ts';

/** A transaction with what it did to the account. */
export interface Spent extends Entry {
  moved: Map<NetworkOperation, Moved>;
  /** who paid the fee */
  payer: string;
}

/**
 * Every transaction out of our account was signed here, and every payment of it belongs to exactly one obligation or to a transaction
 * of our own set-up (R3, M6, M7).
 */
export function compareOutgoing(scan: Scan, book: Book, spent: Spent): void {
  const { transaction } = spent;
  const envelope = book.envelopes.get(transaction.hash);
  const looked = hashesOf(transaction).some((hash) => book.accepted.has(hash));
  if (envelope === undefined) {
    explainAll(scan, spent);
    if (isOurs(scan, spent) && !looked && transaction.createdAt >= scan.own.since) foreign(scan, spent);
    return;
  }
  if (envelope.source_account === scan.own.id) scan.seen.envelopes.seen(envelope.hash);
  if (!looked) compareState(scan, spent, envelope);
  if (envelope.purpose === ACCEPTED) recognized(scan, book, spent, envelope);
  else if (envelope.slot_id === null) explainAll(scan, spent);
  else comparePayments(scan, book, spent, envelope, looked);
}

/**
 * Whether it took our key: as source, as payer of the fee, or as source of an operation that was carried out. A failed transaction of
 * somebody else proves nothing: anybody can name our account in one that lacks our signature.
 */
function isOurs(scan: Scan, { transaction, operations, payer }: Spent): boolean {
  if (transaction.sourceAccount === scan.own.id || payer === scan.own.id) return true;
  return transaction.successful && operations.some((one) => one.sourceAccount === scan.own.id);
}

function foreign(scan: Scan, { transaction, operations, moved }: Spent): void {
  const out = operations.flatMap((one) => moved.get(one)?.movements ?? []);
  const what = out
    .filter(({ way }) => way === 'out')
    .slice(0, 3)
    .map(({ asset, units, to }) => `${amountText(units, asset)}${to === null ? '' : ` to ${to}`}`);
  scan.report.add(
    {
      kind: 'unknown_transaction',
      id: transaction.hash,
      expected: `no transaction of ${scan.own.id} that this database has not signed`,
      found: `in ledger ${transaction.ledger}, sequence ${transaction.sequence}: ${what.length === 0 ? `${operations.length} operations, no payment` : what.join(', ')}${out.length > 3 ? ', ...' : ''}`,
      hint: `Nothing is signed until this is settled. Somebody else uses the key of the account, or the database was restored from a backup: then let poll-deposits and watch-payments catch up first. When you know what it is: anchor reconcile --accept ${transaction.hash} --reason TEXT`,
    },
    { hash: transaction.hash, account: scan.own.id },
  );
}

function compareState(scan: Scan, { transaction }: Spent, envelope: EnvelopeRow): void {
  const right = transaction.successful ? 'applied' : 'failed';
  if (envelope.state === right || envelope.slot_id === null) return;
  if (envelope.state === 'signed' || envelope.state === 'submitted') {
    if (!isOld(scan.ctx, transaction.createdAt)) {
      scan.report.pending += 1;
      return;
    }
    scan.report.add({
      kind: 'envelope_not_settled',
      id: envelope.hash,
      expected: right,
      found: envelope.state,
      hint: 'Run: anchor run submit-payments',
    });
    return;
  }
  scan.report.add(
    {
      kind: 'envelope_state',
      id: envelope.hash,
      expected: `${right}, in ledger ${transaction.ledger}`,
      found: envelope.state,
      hint: `The ledger is right. What it carried may be paid again: anchor reconcile --accept ${envelope.hash} --reason TEXT once it is settled by hand.`,
    },
    { hash: transaction.hash, account: scan.own.id },
  );
}

/** Not ours to judge, and part of the balance: set-up, what happened before our time, what an operator has accepted. */
function explainAll(scan: Scan, { moved }: Spent): void {
  for (const { movements } of moved.values()) for (const one of movements) explain(scan, one);
}

const explain = (scan: Scan, { way, asset, units }: Movement): void =>
  addTo(scan.explained, asset, way === 'in' ? units : -units);

function comparePayments(
  scan: Scan,
  book: Book,
  { operations, transaction, moved }: Spent,
  envelope: EnvelopeRow,
  looked: boolean,
): void {
  for (const operation of operations) {
    const index = Number(BigInt(operation.id) & 0xfffn) - 1;
    const obligation = book.marks.get(`${envelope.hash}:${index}`);
    for (const movement of moved.get(operation)?.movements ?? []) {
      const opening = operation.type === 'create_account';
      const mine = obligation !== undefined && movement.way === 'out' ? obligation : null;
      if (mine !== null && !(opening && paidAsset(scan.assets, mine) !== 'native')) {
        payment(scan, { operation, movement, envelope, transaction, looked }, mine);
        continue;
      }
      explain(scan, movement);
      if (opening || movement.way === 'in' || looked) continue;
      scan.report.add(
        {
          kind: 'payment_without_obligation',
          id: operation.id,
          expected: 'an obligation that this operation pays',
          found: `${amountText(movement.units, movement.asset)} to ${movement.to} in ${transaction.hash}`,
          hint: `Nothing is signed until this is settled. Report it; then: anchor reconcile --accept ${transaction.hash} --reason TEXT`,
        },
        { hash: transaction.hash, account: scan.own.id },
      );
    }
  }
}

interface Paid {
  operation: NetworkOperation;
  movement: Movement;
  envelope: EnvelopeRow;
  transaction: Entry['transaction'];
  looked: boolean;
}

/** One payment against the obligation that it stands for. */
function payment(scan: Scan, paid: Paid, row: ObligationRow): void {
  const { movement, envelope, transaction } = paid;
  scan.report.compared.obligations += 1;
  const booked = row.state === 'paid' && row.paid_by === envelope.hash;
  // what is booked stands in the sum of the obligations, all else has to be explained
  if (booked) scan.seen.obligations.seen(row.id);
  else explain(scan, movement);
  if (paid.looked) return;
  if (!pays(scan, movement, row)) {
    scan.report.add(
      {
        kind: 'payment_differs',
        id: row.id,
        expected: `${amountText(row.amount_units, paidAsset(scan.assets, row))} to ${row.destination}`,
        found: `${amountText(movement.units, movement.asset)} to ${movement.to} in ${transaction.hash}`,
        hint: `Nothing is signed until this is settled. See ${seeOf(row)}, and report it; then: anchor reconcile --accept ${transaction.hash} --reason TEXT`,
      },
      { hash: transaction.hash, account: scan.own.id },
    );
  }
  if (booked) return;
  const open = envelope.state === 'signed' || envelope.state === 'submitted';
  // the envelope's own state says how long this has been so
  if (row.state === 'bound' && open) return;
  const twice = row.state === 'paid';
  scan.report.add(
    {
      kind: twice ? 'paid_twice' : 'payment_not_booked',
      id: row.id,
      expected: twice ? `one payment, in ${row.paid_by}` : `paid by ${transaction.hash}`,
      found: twice ? `another one in ${transaction.hash}` : row.state,
      hint: `Nothing is signed until this is settled. See ${seeOf(row)}; then: anchor reconcile --accept ${transaction.hash} --reason TEXT`,
    },
    { hash: transaction.hash, account: scan.own.id },
  );
}

/** Whether the movement is what the obligation asks for. */
export function pays(scan: Pick<Scan, 'assets'>, movement: Movement, row: ObligationRow): boolean {
  return (
    movement.way === 'out' &&
    movement.units === row.amount_units &&
    movement.asset === paidAsset(scan.assets, row) &&
    movement.to === row.destination
  );
}

/** A transaction that an operator has accepted: what it paid of our obligations is theirs, the rest is internal. */
function recognized(scan: Scan, book: Book, { operations, moved }: Spent, envelope: EnvelopeRow): void {
  const rows = [...(book.paidBy.get(envelope.hash) ?? [])];
  for (const operation of operations) {
    for (const movement of moved.get(operation)?.movements ?? []) {
      const at = rows.findIndex((row) => pays(scan, movement, row));
      const [row] = at < 0 ? [] : rows.splice(at, 1);
      if (row === undefined) explain(scan, movement);
      else scan.seen.obligations.seen(row.id);
    }
  }
}
