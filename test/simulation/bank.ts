import type {
  BankCredit,
  BankReturn,
  PayoutAnswer,
  PayoutLookup,
  PayoutOrder,
  RailsIntegration,
} from '../../src/config/integrations.ts';
import { formatAmount, parseAmount } from '../../src/kernel/amounts.ts';
import type { SimProcess } from './process.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';
import type { Trace } from './trace.ts';

type RefundOrder = { key: string; credit: BankCredit; amount: string };

/** One order as the bank holds it: a payout, or a credit that goes back. `paid` is how often money left. */
export interface BankPayout {
  key: string;
  /** of a payout */
  transactionId: string | null;
  /** of a refund */
  creditId: string | null;
  units: bigint;
  takenAt: number;
  state: 'accepted' | 'completed' | 'rejected' | 'returned';
  /** how often money left for this key */
  paid: number;
  /** since when look-ups know it */
  visibleAt: number;
}

/** A credit as the bank holds it: money that is there. */
export interface CreditRecord {
  credit: BankCredit;
  units: bigint;
  visibleAt: number;
  /** sent back to the payer, stroops */
  refunded: bigint;
  /** which flow it was meant for, in truth */
  flow: string;
}

export type PayoutFault =
  | 'throws_before'
  | 'throws_after'
  | 'hangs_before'
  | 'hangs_after'
  | 'late'
  | 'garbage_before'
  | 'garbage_after'
  | 'twice'
  | 'accepts'
  | 'rejects'
  | 'rejects_then_pays'
  | 'accepts_then_rejects'
  | 'accepts_then_returns'
  | 'completes_then_returns'
  | null;

export type PollFault =
  | 'throws'
  | 'hangs'
  | 'garbage'
  | 'repeats'
  | 'disorder'
  | 'bad_entry'
  | 'same_twice'
  | 'huge'
  | null;

export type LookupFault = 'throws' | 'hangs' | 'garbage' | 'none' | null;

export interface BankHost {
  scheduler: Scheduler;
  trace: Trace;
  random: Random;
  /** after this a key is forgotten, and the same key pays again: banks keep them for a day, for minutes, or not at all */
  keyLifetimeMs: number;
  payoutFault(process: SimProcess): PayoutFault;
  pollFault(process: SimProcess): PollFault;
  lookupFault(process: SimProcess, key: string): LookupFault;
}

/** A bank that looked away takes an order at most this long after the call began. */
const SETTLE_MS = 50_000;

const nonsense = [
  null,
  42,
  'yes',
  { status: 'maybe' },
  { status: 'completed', externalId: 7 },
  [],
  { status: 'accepted\0' },
];

/** A payout or a refund: the bank treats both alike. */
interface Order {
  key: string;
  amount: string;
  transactionId: string | null;
  creditId: string | null;
}

const orderOf = ({ key, amount, transaction }: PayoutOrder): Order => ({
  key,
  amount,
  transactionId: transaction.id,
  creditId: null,
});

const refundOf = ({ key, amount, credit }: RefundOrder): Order => ({
  key,
  amount,
  transactionId: null,
  creditId: credit.id,
});

/** The bank: its own books, which nothing that the anchor does can change but its calls. */
export class Bank {
  readonly credits: CreditRecord[] = [];
  readonly payouts = new Map<string, BankPayout>();
  /** transactions whose payout the bank itself made trouble about: what becomes of them is the operator's */
  readonly troubled = new Set<string>();
  /** calls whose order differs from the first one with this key */
  readonly changedOrders: string[] = [];
  /** what came back or was taken back, in the order in which it is told */
  readonly returns: BankReturn[] = [];
  readonly #host: BankHost;
  #serial = 0;

  constructor(host: BankHost) {
    this.#host = host;
  }

  /** Money comes in. */
  receive(
    flow: string,
    units: bigint,
    reference: string | null,
    delayMs: number,
    amount?: string,
  ): CreditRecord {
    const { scheduler, trace } = this.#host;
    const credit: BankCredit = {
      id: `C${++this.#serial}`,
      amount: amount ?? formatAmount(units),
      reference,
      from: 'Ada',
      at: new Date(scheduler.now).toISOString(),
    };
    const record = { credit, units, visibleAt: scheduler.now + delayMs, refunded: 0n, flow };
    this.credits.push(record);
    trace.add(scheduler.now, `bank credit ${credit.id} ${credit.amount} ${reference ?? '-'}`);
    return record;
  }

  /** The anchor's integration, called by one process. */
  rails(
    process: SimProcess,
    options: { lookup: boolean; poll: boolean; returns: boolean },
  ): RailsIntegration {
    return {
      pollDeposits: ({ cursor }) => process.effect('rails.poll', () => this.#poll(process, cursor)),
      payout: (order) => process.effect('rails.payout', () => this.#payout(process, orderOf(order))),
      refund: (order) => process.effect('rails.refund', () => this.#payout(process, refundOf(order))),
      ...(options.returns
        ? {
            pollReturns: ({ cursor }) =>
              process.effect('rails.returns', () => this.#returned(process, cursor)),
          }
        : {}),
      ...(options.lookup
        ? { lookupPayout: (key) => process.effect('rails.lookup', () => this.#lookup(process, key)) }
        : {}),
      ...(options.poll
        ? {
            pollPayouts: (waiting) =>
              process.effect('rails.news', () =>
                this.#news(
                  process,
                  waiting.map(({ key }) => key),
                ),
              ),
          }
        : {}),
    };
  }

  #wire(): Promise<void> {
    return this.#host.scheduler.sleep(this.#host.random.int(5, 400));
  }

  #hang(): Promise<never> {
    return new Promise<never>(() => {});
  }

  async #poll(
    process: SimProcess,
    cursor: string | null,
  ): Promise<{ credits: BankCredit[]; cursor: string }> {
    const fault = this.#host.pollFault(process);
    await this.#wire();
    const visible = this.credits
      .filter((record) => record.visibleAt <= this.#host.scheduler.now)
      .sort((a, b) => a.visibleAt - b.visibleAt || this.credits.indexOf(a) - this.credits.indexOf(b));
    const from = cursor === null ? 0 : Number(cursor);
    const start = fault === 'repeats' ? Math.max(0, from - 5) : from;
    const credits = visible.slice(start).map(({ credit }) => credit);
    this.#host.trace.add(
      this.#host.scheduler.now,
      `bank poll ${process.name} ${cursor} ${credits.length} ${fault}`,
    );
    const answer = { credits, cursor: String(visible.length) };
    switch (fault) {
      case 'throws':
        throw new Error('the bank is closed');
      case 'hangs':
        return this.#hang();
      case 'garbage':
        return this.#host.random.pick(nonsense) as never;
      case 'huge':
        return { credits: [{ id: 'x'.repeat(9_000_000), amount: '1' }], cursor: answer.cursor };
      case 'disorder':
        return { ...answer, credits: credits.reverse() };
      case 'same_twice':
        return { ...answer, credits: [...credits, ...credits] };
      case 'bad_entry':
        return { ...answer, credits: [...credits, null as never, { id: 'N', amount: 'NaN' }, ...credits] };
      default:
        return answer;
    }
  }

  async #payout(process: SimProcess, order: Order): Promise<PayoutAnswer> {
    const fault = this.#host.payoutFault(process);
    this.#host.trace.add(
      this.#host.scheduler.now,
      `bank payout ${process.name} ${order.key} ${order.amount} ${fault}`,
    );
    await this.#wire();
    switch (fault) {
      case 'throws_before':
        throw new Error('connection refused');
      case 'hangs_before':
        return this.#hang();
      case 'garbage_before':
        return this.#host.random.pick(nonsense) as never;
      case 'late':
        this.#host.scheduler.after(this.#host.random.int(1_000, SETTLE_MS - 500), () =>
          this.#take(order, 'completed'),
        );
        return this.#hang();
      case 'rejects':
      case 'rejects_then_pays':
        return this.#refuse(order, fault);
      default:
        return this.#accept(order, fault);
    }
  }

  #refuse(order: Order, fault: 'rejects' | 'rejects_then_pays'): PayoutAnswer {
    this.#trouble(order);
    if (fault === 'rejects_then_pays') {
      this.#host.scheduler.after(this.#host.random.int(1_000, 90_000), () => this.#take(order, 'completed'));
    }
    return { status: 'rejected', reason: 'account closed' };
  }

  async #accept(order: Order, fault: PayoutFault): Promise<PayoutAnswer> {
    const later = fault?.startsWith('accepts') ?? false;
    const payout = this.#take(order, later ? 'accepted' : 'completed');
    if (fault === 'accepts') {
      this.#afterwards(payout, 'completed');
    } else if (fault === 'accepts_then_rejects' || fault === 'accepts_then_returns') {
      this.#trouble(payout);
      this.#afterwards(payout, fault === 'accepts_then_rejects' ? 'rejected' : 'returned');
    } else if (fault === 'completes_then_returns') {
      this.#afterwards(payout, 'returned');
    }
    switch (fault) {
      case 'throws_after':
        throw new Error('socket hang up');
      case 'hangs_after':
        return this.#hang();
      case 'garbage_after':
        return this.#host.random.pick(nonsense) as never;
      default: {
        const status = payout.state === 'accepted' ? 'accepted' : 'completed';
        const answer: PayoutAnswer = { status, externalId: `P-${order.key.slice(-8)}` };
        return answer;
      }
    }
  }

  /** What becomes of it is the operator's. */
  #trouble(of: { transactionId: string | null; creditId: string | null }): void {
    this.troubled.add(of.transactionId ?? of.creditId ?? '');
  }

  #afterwards(payout: BankPayout, state: BankPayout['state']): void {
    this.#host.scheduler.after(this.#host.random.int(2_000, 120_000), () => {
      payout.state = state;
      // who did not hear of it in time hears of this only
      if (state !== 'completed') this.#trouble(payout);
      if (state === 'returned') {
        const { key } = payout;
        const amount = formatAmount(payout.units);
        this.returns.push({ id: `R${this.returns.length + 1}`, key, amount, reason: 'account closed' });
      }
      this.#host.trace.add(this.#host.scheduler.now, `bank payout ${payout.key} is ${state}`);
    });
  }

  /** Money leaves, once per key as long as the bank remembers it. */
  #take(order: Order, state: 'accepted' | 'completed'): BankPayout {
    const { scheduler, random, trace } = this.#host;
    const units = parseAmount(order.amount);
    const known = this.payouts.get(order.key);
    const changed =
      known?.units !== units ||
      known.transactionId !== order.transactionId ||
      known.creditId !== order.creditId;
    if (known !== undefined && changed) {
      this.changedOrders.push(order.key);
    }
    if (known !== undefined && scheduler.now - known.takenAt < this.#host.keyLifetimeMs) return known;
    const payout: BankPayout = {
      key: order.key,
      transactionId: order.transactionId,
      creditId: order.creditId,
      units,
      takenAt: scheduler.now,
      state,
      paid: (known?.paid ?? 0) + 1,
      visibleAt: scheduler.now + random.int(0, 5_000),
    };
    this.payouts.set(order.key, payout);
    const credit = this.credits.find((record) => record.credit.id === order.creditId);
    if (credit !== undefined) credit.refunded += units;
    trace.add(scheduler.now, `bank took ${order.key} ${order.amount}`);
    return payout;
  }

  async #returned(
    process: SimProcess,
    cursor: string | null,
  ): Promise<{ returns: BankReturn[]; cursor: string }> {
    const fault = this.#host.pollFault(process);
    await this.#wire();
    const from = cursor === null || fault === 'repeats' ? 0 : Number(cursor);
    const answer = { returns: this.returns.slice(from), cursor: String(this.returns.length) };
    switch (fault) {
      case 'throws':
        throw new Error('the bank is closed');
      case 'hangs':
        return this.#hang();
      case 'garbage':
        return this.#host.random.pick(nonsense) as never;
      case 'same_twice':
        return { ...answer, returns: [...answer.returns, ...answer.returns] };
      default:
        return answer;
    }
  }

  async #lookup(process: SimProcess, key: string): Promise<PayoutLookup> {
    const fault = this.#host.lookupFault(process, key);
    await this.#wire();
    switch (fault) {
      case 'throws':
        throw new Error('gateway timeout');
      case 'hangs':
        return this.#hang();
      case 'garbage':
        return this.#host.random.pick(nonsense) as never;
      default:
        return this.#known(key);
    }
  }

  #known(key: string): PayoutLookup {
    const payout = this.payouts.get(key);
    if (payout === undefined || payout.visibleAt > this.#host.scheduler.now) return { status: 'none' };
    if (payout.state === 'rejected') return { status: 'rejected', reason: 'refused later' };
    if (payout.state === 'returned') return { status: 'returned', reason: 'account closed' };
    return { status: payout.state, externalId: `P-${key.slice(-8)}` };
  }

  async #news(process: SimProcess, keys: string[]): Promise<({ key: string } & PayoutLookup)[]> {
    const fault = this.#host.lookupFault(process, keys[0] ?? '');
    await this.#wire();
    if (fault === 'throws') throw new Error('gateway timeout');
    if (fault === 'hangs') return this.#hang();
    if (fault === 'garbage') return this.#host.random.pick(nonsense) as never;
    return keys.map((key) => ({ key, ...this.#known(key) }));
  }
}
