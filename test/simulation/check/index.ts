import BetterSqlite3 from 'better-sqlite3';
import type { Flow } from '../flow.ts';
import type { World } from '../world.ts';
import { checkBook, lyingQuery, unknownTransactions } from './book.ts';
import { readLedger } from './ledger.ts';
import { checkMoney, isReturned } from './money.ts';
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
  #db!: BetterSqlite3.Database;
  #watch!: Watch;
  #owed!: BetterSqlite3.Statement;
  #busy!: BetterSqlite3.Statement;
  #lying!: BetterSqlite3.Statement;
  #held!: BetterSqlite3.Statement;
  #payments!: BetterSqlite3.Statement;
  #credits!: BetterSqlite3.Statement;
  #statuses!: BetterSqlite3.Statement;
  #returns!: BetterSqlite3.Statement;

  constructor(world: World) {
    this.#world = world;
    this.startedAt = world.scheduler.now;
    this.#open();
    world.onRestore.push(() => {
      this.close();
      this.#open();
    });
    world.onCommit.push(() => this.#watch.look());
  }

  #open(): void {
    const world = this.#world;
    this.#db = new BetterSqlite3(world.file.path, { readonly: true });
    this.#db.defaultSafeIntegers(true);
    this.#watch = new Watch(world, this.#db);
    this.#owed = this.#db.prepare(
      `select o.leg, o.purpose, o.state, o.waiting_code, o.waiting_text, o.not_before_at, o.attempts, s.state as slot, s.sequence
       from obligations o left join slots s on s.id = o.slot_id where o.transaction_id = ?`,
    );
    this.#busy = this.#db.prepare(
      `select 1 from obligations where state in ('owed', 'bound', 'unknown', 'accepted')
         or (state = 'waiting' and waiting_code in ('network', 'funds', 'signatures')) limit 1`,
    );
    this.#lying = this.#db.prepare(`${lyingQuery(world)} limit 1`);
    this.#held = this.#db.prepare(`select transaction_id from obligations where state = 'held'`).pluck();
    this.#payments = this.#db.prepare('select count(*) from incoming_payments').pluck();
    this.#credits = this.#db.prepare('select count(*) from bank_credits').pluck();
    this.#statuses = this.#db.prepare('select id, kind, status from transactions');
    this.#returns = this.#db.prepare('select id from bank_returns').pluck();
  }

  /** Whether every flow is where it has to come. */
  settled(): boolean {
    if (this.#world.restored && (this.#world.frozen(this.#db) || !this.#signedKnown())) return false;
    if (!this.#booked() || this.#unknownReturns().length > 0 || this.#busy.get() !== undefined) return false;
    if (this.#world.policy.refunds && this.#lying.get() !== undefined) return false;
    const rows = new Map((this.#statuses.all() as Shown[]).map((row) => [row.id, row.status]));
    const held = this.#heldIds();
    return this.#world.flows.every((flow) =>
      isSettled(this.#world, flow, rows.get(flow.id ?? ''), held.has(flow.id ?? '')),
    );
  }

  /** Whether the book knows what our keys have signed. */
  #signedKnown(): boolean {
    return unknownTransactions(this.#world, this.#db).length === 0;
  }

  /** Whether the book has read the ledger and the bank to their ends. */
  #booked(): boolean {
    const { incoming } = readLedger(this.#world);
    const now = this.#world.scheduler.now;
    const credits = this.#world.bank.credits.filter((record) => record.visibleAt <= now);
    const [booked, credited] = [this.#payments.get(), this.#credits.get()] as bigint[];
    return (
      Number(booked) >= incoming.length &&
      Number(credited) >= credits.length &&
      credits.length === this.#world.bank.credits.length
    );
  }

  /** What the bank brought back, and the book does not have. */
  #unknownReturns(): string[] {
    if (this.#world.options.returns === false || this.#world.restored) return [];
    const known = new Set(this.#returns.all() as string[]);
    return this.#world.bank.returns.flatMap(({ id }) => (known.has(id) ? [] : [id]));
  }

  /** Transactions with something that waits for the operator. */
  #heldIds(): Set<string> {
    return new Set(this.#held.all() as string[]);
  }

  /** All that can be said only when it is over. */
  end(): void {
    const world = this.#world;
    const rows = new Map((this.#statuses.all() as Shown[]).map((row) => [row.id, row.status]));
    const held = this.#heldIds();
    // a run that was stopped short has no end that could be judged
    const stopped = world.violations.length > 0;
    for (const flow of stopped ? [] : world.flows) {
      const status = rows.get(flow.id ?? '');
      if (!isSettled(world, flow, status, held.has(flow.id ?? ''))) {
        const owed = this.#owed.all(flow.id) as object[];
        const book = JSON.stringify(owed, (_, value) =>
          typeof value === 'bigint' ? value.toString() : value,
        );
        world.violation(`L1 ${flow.name} (${flow.id}) is still ${status}, expected ${flow.expect}: ${book}`);
      }
      // late money may be taken, where that is the policy
      if (flow.expect === 'unpaid' && status === 'completed' && !world.brief && !world.restored)
        world.violation(`M3 ${flow.name} (${flow.id}) is completed, and nothing came that was for it`);
    }
    for (const id of stopped ? [] : this.#unknownReturns())
      world.violation(`M3 the return ${id} of the bank is not in the book`);
    this.#watch.look();
    this.#watch.end();
    checkMoney(world);
    if (!stopped) checkBook(world, this.#db);
  }

  close(): void {
    this.#db.close();
  }
}

function isSettled(world: World, flow: Flow, status: string | undefined, held: boolean): boolean {
  // what was forgotten with the old disk is gone, and what became of it is the operator's
  if (world.restored) return world.healedFor() > 5 * 60_000;
  if (!flow.done) return false;
  if (status === undefined) return false;
  if (flow.expect === 'completed') {
    if (status === 'completed') return true;
    // a bank that made trouble, or cannot be asked what became of a payout, leaves it to the operator
    if (flow.kind === 'withdrawal' && world.options.lookup === false && held) return true;
    return flow.id !== null && world.bank.troubled.has(flow.id);
  }
  if (flow.expect === 'returned') return isReturned(world, flow);
  return true;
}
