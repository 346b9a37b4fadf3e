import type BetterSqlite3 from 'better-sqlite3';
import type { Flow } from '../flow.ts';
import type { World } from '../world.ts';
import { deliveriesOf, paidIn, refundsTo } from './money.ts';

interface Seen {
  status: string;
  version: bigint;
  completedAt: string | null;
}

const FINAL = new Set(['completed', 'refunded', 'expired', 'no_market', 'error']);
/** Late money may wake it up (S24-65). */
const REVIVABLE = 'expired';

/** Looks at the database after every commit: what can be seen by a user at any time has to be true at any time. */
export class Watch {
  readonly #world: World;
  readonly #transactions: BetterSqlite3.Statement;
  readonly #cursors: BetterSqlite3.Statement;
  readonly #seen = new Map<string, Seen>();
  readonly #read = new Map<string, string>();

  constructor(world: World, db: BetterSqlite3.Database) {
    this.#world = world;
    this.#transactions = db.prepare('select id, kind, status, version, completed_at from transactions').raw();
    this.#cursors = db.prepare('select name, cursor from cursors').raw();
  }

  look(): void {
    for (const [name, cursor] of this.#cursors.all() as [string, string][]) this.#cursor(name, cursor);
    for (const [id, , status, version, completedAt] of this.#transactions.all() as [
      string,
      string,
      string,
      bigint,
      string | null,
    ][]) {
      const before = this.#seen.get(id);
      if (before?.version === version && before.status === status) continue;
      this.#seen.set(id, { status, version, completedAt });
      this.#changed(id, before, { status, version, completedAt });
    }
  }

  /** M8: a cursor never goes back. */
  #cursor(name: string, cursor: string): void {
    const before = this.#read.get(name);
    if (before === cursor) return;
    this.#read.set(name, cursor);
    if (before !== undefined && placeOf(cursor) < placeOf(before)) {
      this.#world.violation(`M8 the cursor ${name} went back from ${before} to ${cursor}`);
    }
  }

  #changed(id: string, before: Seen | undefined, now: Seen): void {
    const world = this.#world;
    if (before !== undefined) {
      if (now.version <= before.version) world.violation(`M9 the version of ${id} did not grow`);
      if (FINAL.has(before.status) && before.status !== REVIVABLE)
        world.violation(`M9 ${id} was ${before.status} and changed`);
      if (before.completedAt !== null && before.completedAt !== now.completedAt) {
        world.violation(`M9 completed_at of ${id} was set twice`);
      }
    }
    const flow = world.flows.find((one) => one.id === id);
    if (now.status === 'completed' && flow !== undefined && !isDelivered(world, flow)) {
      world.violation(`L4 ${flow.name} (${id}) is shown as completed, and nothing was delivered`);
    }
    if (now.status === 'refunded' && flow !== undefined && !isRefunded(world, flow)) {
      world.violation(`L4 ${flow.name} (${id}) is shown as refunded, and nothing went back`);
    }
    if (now.status === 'completed' && flow === undefined && !world.restored) {
      world.violation(`L4 ${id} is completed, and nobody knows it`);
    }
  }

  /** What is shown as final at the end has to stay true: no money moves after `error`, `expired` or `refunded`. */
  end(): void {
    const world = this.#world;
    // the old disk knew of the delivery
    if (world.restored) return;
    for (const flow of world.flows) {
      const status = flow.id === null ? undefined : this.#seen.get(flow.id)?.status;
      if (status === undefined || status === 'completed' || !FINAL.has(status)) continue;
      if (isDelivered(world, flow))
        world.violation(`L4 ${flow.name} (${flow.id}) is ${status}, and was delivered`);
    }
  }
}

/** The leading number of a cursor: a paging token, a place in a list, `ledger:time`. */
const placeOf = (cursor: string): bigint => BigInt(/^\d+/.exec(cursor)?.[0] ?? 0);

function isDelivered(world: World, flow: Flow): boolean {
  if (flow.kind === 'deposit') return deliveriesOf(world, flow).length > 0;
  // what the bank has only taken may still be rejected
  return [...world.bank.payouts.values()].some(
    (one) => one.transactionId === flow.id && (one.state === 'completed' || one.state === 'returned'),
  );
}

function isRefunded(world: World, flow: Flow): boolean {
  if (flow.kind === 'deposit') {
    return world.bank.credits.some((record) => record.flow === flow.name && record.refunded > 0n);
  }
  return paidIn(world, flow).some((came) => refundsTo(world, came.other) > 0n);
}
