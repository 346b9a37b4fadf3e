import type BetterSqlite3 from 'better-sqlite3';
import { canMove } from '../../../src/transfers/states.ts';
import type { World } from '../world.ts';
import { readLedger } from './ledger.ts';
import { sameReference } from './money.ts';

type Row = Record<string, string | bigint | null>;
type Db = BetterSqlite3.Database;

const all = (db: Db, sql: string): Row[] => db.prepare(sql).all() as Row[];

/** What the database says at the end, against the truth. */
export function checkBook(world: World, db: Db): void {
  checkIncoming(world, db);
  checkCredits(world, db);
  checkEnvelopes(world, db);
  checkHistory(world, db);
  checkBalances(world, db);
  checkSuspense(world, db);
}

/** M3, M8: every operation that brought money is there, once, in a bucket that fits. */
function checkIncoming(world: World, db: Db): void {
  const rows = all(
    db,
    'select operation_id, asset, amount_units, bucket, reason, transaction_id from incoming_payments',
  );
  const byId = new Map(rows.map((row) => [String(row['operation_id']), row]));
  const { rich, bare, absent } = world.template.cast;
  const users = new Set([...rich, ...bare, ...absent].map((pair) => pair.publicKey));
  const flows = new Map(world.flows.map((flow) => [flow.id, flow]));
  for (const moved of readLedger(world).incoming) {
    const row = byId.get(moved.operation);
    byId.delete(moved.operation);
    if (row === undefined) {
      world.violation(
        `M8 the operation ${moved.operation} (${moved.type}, ${moved.units}) is not in the book`,
      );
      continue;
    }
    if (row['amount_units'] !== moved.units || row['asset'] !== moved.asset) {
      if (row['reason'] !== 'unreadable') {
        world.violation(
          `M3 the operation ${moved.operation} brought ${moved.units} ${moved.asset}, booked otherwise`,
        );
      }
    }
    if (row['bucket'] === 'internal' && users.has(moved.other))
      world.violation(
        `M3 the operation ${moved.operation} is a user's, and booked as our own: ${row['reason']}`,
      );
    if (row['bucket'] !== 'matched') continue;
    const flow = flows.get(row['transaction_id'] as string);
    const key = moved.muxedId ?? (moved.memoType === 'id' ? moved.memo : null);
    if (
      flow === undefined ||
      flow.kind !== 'withdrawal' ||
      key !== flow.paymentMemo ||
      moved.asset !== world.assetKey
    ) {
      world.violation(
        `M3 the operation ${moved.operation} is matched with ${flow?.name}, which it does not name`,
      );
    }
  }
  for (const [id] of byId) world.violation(`M8 the book has an operation ${id} that brought nothing`);
  const twice = all(
    db,
    `select transaction_id from incoming_payments where bucket = 'matched' group by transaction_id having count(*) > 1`,
  );
  for (const row of twice) world.violation(`M3 two payments were matched with ${row['transaction_id']}`);
}

/** M3: every bank credit is there, once. */
function checkCredits(world: World, db: Db): void {
  const rows = all(db, 'select id, amount_units, bucket, reason, transaction_id from bank_credits');
  const byId = new Map(rows.map((row) => [String(row['id']), row]));
  const references = new Map(world.flows.map((flow) => [flow.id, flow.reference]));
  for (const record of world.bank.credits) {
    const row = byId.get(record.credit.id);
    if (row === undefined) {
      if (record.visibleAt < world.scheduler.now - 120_000) {
        world.violation(`M3 the credit ${record.credit.id} of ${record.flow} is not in the book`);
      }
      continue;
    }
    if (row['bucket'] !== 'matched') continue;
    if (row['amount_units'] !== record.units) {
      world.violation(
        `M3 the credit ${record.credit.id} is booked with ${row['amount_units']}, not ${record.units}`,
      );
    }
    if (world.restored) continue;
    const reference = references.get(row['transaction_id'] as string);
    if (!sameReference(reference, record.credit.reference)) {
      world.violation(`M3 the credit ${record.credit.id} is matched with a deposit that it does not name`);
    }
  }
  const came = new Set(world.bank.credits.map(({ credit }) => credit.id));
  for (const [id, row] of byId) {
    // with an amount that nobody can read the bank has sent nonsense, and one of its ids twice likewise
    if (row['amount_units'] === 0n || row['reason'] === 'id_reused' || came.has(id)) continue;
    world.violation(`M3 the book has a credit ${id} of ${row['amount_units']} that the bank does not have`);
  }
  const twice = all(
    db,
    `select transaction_id from bank_credits where bucket = 'matched' group by transaction_id having count(*) > 1`,
  );
  for (const row of twice) world.violation(`M3 two credits were matched with ${row['transaction_id']}`);
}

/** What is in a ledger with our signature, and not in the book. */
export function unknownTransactions(world: World, db: Db): string[] {
  const envelopes = all(db, 'select hash, inner_hash from envelopes');
  const known = new Set(envelopes.flatMap((row) => [String(row['hash']), String(row['inner_hash'])]));
  return readLedger(world)
    .transactions.filter((one) => world.owns(one.source) && !world.operated.has(one.hash))
    .filter((one) => !known.has(one.hash) && !known.has(one.innerHash))
    .map((one) => one.hash);
}

/** M6, M7: what our keys signed is in the book, and nothing in it is paid twice. */
function checkEnvelopes(world: World, db: Db): void {
  const { transactions, outgoing } = readLedger(world);
  for (const hash of unknownTransactions(world, db)) {
    world.violation(`M6 the book does not know ${hash}, signed with our key`);
  }
  const successful = new Set(
    transactions.filter((one) => one.successful).flatMap((one) => [one.hash, one.innerHash]),
  );
  const paying = new Map<string, Set<number>>();
  for (const paid of outgoing) {
    // an account opened for an asset is no payment of it
    if (paid.type === 'create_account') continue;
    const index = Number(BigInt(paid.operation) & 4095n) - 1;
    paying.set(paid.hash, (paying.get(paid.hash) ?? new Set()).add(index));
  }
  const marks = all(db, 'select envelope_hash, operation_index, obligation_id from envelope_obligations');
  const paidBy = new Map<string, Set<string>>();
  for (const mark of marks) {
    const hash = String(mark['envelope_hash']);
    if (!successful.has(hash) || !paying.get(hash)?.has(Number(mark['operation_index']))) continue;
    const id = String(mark['obligation_id']);
    paidBy.set(id, (paidBy.get(id) ?? new Set()).add(hash));
  }
  for (const [id, hashes] of paidBy) {
    if (hashes.size > 1) world.violation(`M7 the obligation ${id} was paid by ${[...hashes].join(' and ')}`);
  }
  for (const row of all(
    db,
    `select m.obligation_id from envelope_obligations m join envelopes e on e.hash = m.envelope_hash
       join slots s on s.id = e.slot_id where s.state = 'open' and e.state in ('signed', 'submitted')
       group by m.obligation_id having count(distinct s.id) > 1`,
  )) {
    world.violation(`M7 the obligation ${row['obligation_id']} is in two live slots`);
  }
}

/** M9: the history of each transaction is a path of the state table that ends where the transaction is. */
function checkHistory(world: World, db: Db): void {
  const transactions = all(db, 'select id, kind, status, version, completed_at from transactions');
  const steps = all(db, 'select transaction_id, from_status, to_status from transaction_history order by id');
  const paths = new Map<string, Row[]>();
  for (const step of steps) {
    const id = String(step['transaction_id']);
    paths.set(id, [...(paths.get(id) ?? []), step]);
  }
  for (const row of transactions) {
    const id = String(row['id']);
    let at: string | null = null;
    for (const step of paths.get(id) ?? []) {
      const from = step['from_status'] as string | null;
      const to = String(step['to_status']);
      if (from !== at) world.violation(`M9 the history of ${id} jumps from ${at} to ${from}`);
      if (from !== null && !canMove(row['kind'] as 'deposit', from, to)) {
        world.violation(`M9 ${id} moved from ${from} to ${to}`);
      }
      at = to;
    }
    if (at !== row['status']) world.violation(`M9 ${id} is ${row['status']}, its history ends with ${at}`);
    const ended = row['status'] === 'completed' || row['status'] === 'refunded';
    if (ended !== (row['completed_at'] !== null))
      world.violation(`M9 completed_at of ${id}, which is ${row['status']}`);
  }
}

const sumOf = (rows: Row[]): bigint => (rows[0]?.['total'] as bigint | null | undefined) ?? 0n;

/** M5: what the book says that came and went is what the distribution account and the bank hold. */
function checkBalances(world: World, db: Db): void {
  const { distribution } = world.template.cast;
  const open = all(db, `select id from slots where state = 'open'`).length > 0;
  if (open || world.frozen(db) || world.restored) return;
  const came = sumOf(
    all(db, `select sum(amount_units) as total from incoming_payments where asset = '${world.assetKey}'`),
  );
  const went = sumOf(
    all(
      db,
      `select sum(amount_units) as total from obligations where leg = 'stellar' and state = 'paid' and asset_key is null`,
    ),
  );
  const held = world.network.sandbox.ledger.trustline(distribution.publicKey, world.assetKey)?.balance ?? 0n;
  const operated = readLedger(world)
    .outgoing.filter((paid) => world.operated.has(paid.hash) && paid.asset === world.assetKey)
    .reduce((sum, paid) => sum + paid.units, 0n);
  if (world.openingUnits + came - went - operated !== held) {
    world.violation(
      `M5 the ledger holds ${held}, the book says ${world.openingUnits} + ${came} - ${went} - ${operated}`,
    );
  }
}

/** Money in suspense that the policy should send back. XLM that names nothing may be the operator's own, for fees. */
export const lyingQuery = (world: World): string =>
  `select operation_id as id from incoming_payments
     where bucket = 'suspense' and refunded_units = 0 and amount_units > 0 and held_at is null and asset = '${world.assetKey}'
   union all select id from bank_credits
     where bucket = 'suspense' and refunded_units = 0 and amount_units > 0 and held_at is null`;

/** L1 where the policy sends back what fits nowhere: nothing lies there, but what is kept for the operator. */
function checkSuspense(world: World, db: Db): void {
  if (!world.policy.refunds || world.restored || world.frozen(db)) return;
  for (const row of all(db, lyingQuery(world))) {
    world.violation(`L1 ${row['id']} lies in suspense, and nobody sends it back`);
  }
}
