import BetterSqlite3 from 'better-sqlite3';
import type { Flow } from '../flow.ts';
import type { World } from '../world.ts';
import { checkMoney } from './money.ts';

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
  readonly #statuses: BetterSqlite3.Statement;

  constructor(world: World) {
    this.#world = world;
    this.startedAt = world.scheduler.now;
    this.#db = new BetterSqlite3(world.file.path, { readonly: true });
    this.#db.defaultSafeIntegers(true);
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
        world.violation(`L1 ${flow.name} (${flow.id}) is still ${status}, expected ${flow.expect}`);
      }
    }
    checkMoney(world, this.#db);
  }

  close(): void {
    this.#db.close();
  }
}

function isSettled(world: World, flow: Flow, status: string | undefined): boolean {
  if (!flow.done || status === undefined) return false;
  if (flow.expect === 'completed') {
    return status === 'completed' || (flow.id !== null && world.bank.troubled.has(flow.id));
  }
  return true;
}
