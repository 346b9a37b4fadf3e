import BetterSqlite3 from 'better-sqlite3';
import type { Flow } from '../flow.ts';
import type { World } from '../world.ts';
import { checkBook } from './book.ts';
import { checkMoney } from './money.ts';
import { Watch } from './watch.ts';

export interface Shown {
  id: string;
  kind: string;
  status: string;
}

/** Watches a run from outside: the ledger and the bank are the truth, the database is what the anchor believes. */
export class Check {
  readonly startedAt: number;
  readonly #world: World;
  readonly #db: BetterSqlite3.Database;
  readonly #watch: Watch;
  readonly #owed: BetterSqlite3.Statement;
  readonly #statuses: BetterSqlite3.Statement;

  constructor(world: World) {
    this.#world = world;
    this.startedAt = world.scheduler.now;
    this.#db = new BetterSqlite3(world.file.path, { readonly: true });
    this.#db.defaultSafeIntegers(true);
    this.#watch = new Watch(world, this.#db);
    world.onCommit.push(() => this.#watch.look());
    this.#owed = this.#db.prepare(
      `select o.leg, o.purpose, o.state, o.waiting_code, o.waiting_text, o.not_before_at, o.attempts, s.state as slot, s.sequence
       from obligations o left join slots s on s.id = o.slot_id where o.transaction_id = ?`,
    );
    this.#statuses = this.#db.prepare('select id, kind, status from transactions');
  }

  /** Whether every flow is where it has to come. */
  settled(): boolean {
    const rows = new Map((this.#statuses.all() as Shown[]).map((row) => [row.id, row.status]));
    return this.#world.flows.every((flow) => isSettled(this.#world, flow, rows.get(flow.id ?? '')));
  }

  /** All that can be said only when it is over. */
  end(): void {
    const world = this.#world;
    const rows = new Map((this.#statuses.all() as Shown[]).map((row) => [row.id, row.status]));
    for (const flow of world.flows) {
      const status = rows.get(flow.id ?? '');
      if (!isSettled(world, flow, status)) {
        const owed = this.#owed.all(flow.id) as object[];
        const book = JSON.stringify(owed, (_, value) =>
          typeof value === 'bigint' ? value.toString() : value,
        );
        world.violation(`L1 ${flow.name} (${flow.id}) is still ${status}, expected ${flow.expect}: ${book}`);
      }
    }
    this.#watch.look();
    this.#watch.end();
    checkMoney(world);
    checkBook(world, this.#db);
  }

  close(): void {
    this.#db.close();
  }
}

function isSettled(world: World, flow: Flow, status: string | undefined): boolean {
  if (!flow.done || status === undefined) return false;
  if (flow.expect === 'completed') {
    if (status === 'completed') return true;
    // a bank that made trouble, or cannot be asked what became of a payout, leaves it to the operator
    return flow.id !== null && (world.bank.troubled.has(flow.id) || world.bank.doubtful(flow.id));
  }
  return true;
}
