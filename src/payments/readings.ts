import { unavailable } from '../stellar/http.ts';
import type { NetworkLedger, StellarNetwork } from '../stellar/port.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { policy } from './policy.ts';

type Ports = Pick<AnchorContext, 'network' | 'clock' | 'project'>;

interface Kept<T> {
  value: T;
  at: number;
}

/** What the sources of one process share of the network: nobody asks for a ledger or a fee that another has just read. */
class Readings {
  #ledger: Kept<NetworkLedger> | null = null;
  #asking: Promise<NetworkLedger> | null = null;
  #fee: Kept<bigint> | null = null;
  /** the highest ledger that any answer has named */
  highest = 0;
  /** when results of a ledger were seen for the first time, by our clock */
  #news: { ledger: number; at: number; closedAt: number } | null = null;
  #closeMs: number | null = null;

  /** The latest ledger, at most so old that its number is wrong by a few. @throws NETWORK_UNAVAILABLE */
  async ledger(ctx: Ports): Promise<NetworkLedger> {
    const kept = this.#ledger;
    const age = kept === null ? Number.POSITIVE_INFINITY : ctx.clock.now() - kept.at;
    const fresh = age >= 0 && age < policy.readingMs;
    const known = fresh && kept !== null ? kept.value : await this.#ask(ctx);
    return { ...known, sequence: Math.max(known.sequence, this.highest) };
  }

  #ask(ctx: Ports): Promise<NetworkLedger> {
    this.#asking ??= ctx.network
      .latestLedger()
      .then(async (value) => {
        if (this.#ledger !== null && this.#isPlausible(ctx, value.sequence)) return value;
        // the first one, or further than the network can have come: only believed where it is said twice
        const again = await ctx.network.latestLedger();
        if (Math.abs(again.sequence - value.sequence) <= policy.jumpLedgers) return again;
        throw unavailable('it names ledgers that cannot be');
      })
      .then((value) => {
        this.#ledger = { value, at: ctx.clock.now() };
        this.highest = Math.max(this.highest, value.sequence);
        return value;
      })
      .finally(() => {
        this.#asking = null;
      });
    return this.#asking;
  }

  /** By the fastest that a network closes ledgers, since the last reading. */
  #isPlausible(ctx: Ports, ledger: number): boolean {
    const kept = this.#ledger;
    if (kept === null) return true;
    const passed = Math.max(0, ctx.clock.now() - kept.at) / policy.closeMinMs;
    return ledger <= kept.value.sequence + policy.jumpLedgers + passed;
  }

  /** A ledger that some answer has named; one that cannot be is passed over. */
  note(ctx: Ports, ledger: number): void {
    if (ledger > this.highest && this.#ledger !== null && this.#isPlausible(ctx, ledger)) {
      this.highest = ledger;
    }
  }

  /** Stroops per operation that recent ledgers asked for; null where it cannot be read. */
  async surge(ctx: Ports): Promise<bigint | null> {
    const kept = this.#fee;
    if (kept !== null && Math.abs(ctx.clock.now() - kept.at) < policy.readingMs) return kept.value;
    const read = await ctx.network.feeStats().catch(() => null);
    if (read === null) return kept?.value ?? null;
    const value = read.p90Fee > read.baseFee ? read.p90Fee : read.baseFee;
    this.#fee = { value, at: ctx.clock.now() };
    return value;
  }

  /**
   * Our transactions were found in this ledger just now: what the rhythm of looking goes by. Of the two clocks the one that makes it
   * shorter is believed: ours may jump or see late, the ledger's tells whole seconds only.
   */
  found(ctx: Ports, ledger: number, closedAt: number): void {
    const at = ctx.clock.now();
    this.note(ctx, ledger);
    const last = this.#news;
    if (last !== null && ledger <= last.ledger) return;
    if (last !== null && ledger - last.ledger <= 20) {
      const each = Math.min(at - last.at, closedAt - last.closedAt) / (ledger - last.ledger);
      const before = this.closeMs(ctx);
      const weight = each < before ? 0.5 : 0.2;
      const now = before + weight * (each - before);
      this.#closeMs = Math.min(policy.closeMaxMs, Math.max(policy.closeMinMs, now));
    }
    this.#news = { ledger, at, closedAt };
  }

  /** Milliseconds between two ledgers: as seen, or as they should be. */
  closeMs(ctx: Ports): number {
    if (this.#closeMs !== null) return this.#closeMs;
    return ctx.project.network.name === 'sandbox' ? ctx.project.sandbox.closeMs : policy.closeMs;
  }

  /**
   * Milliseconds until it is worth looking for results: until the ledger after `sentAt` should show, from then on often.
   *
   * @param sentAt when the oldest that is still under way was sent
   */
  nextLookMs(ctx: Ports, sentAt: number): number {
    const close = this.closeMs(ctx);
    const step = Math.min(policy.lookMaxMs, Math.max(policy.lookMinMs, close / 16));
    const now = ctx.clock.now();
    const news = this.#news;
    if (news === null || now - news.at > 10 * close) return step;
    // they show every `close`; the last one did at most a step before it was seen
    const shown = news.at - step / 2;
    const next = shown + Math.max(1, Math.ceil((sentAt - shown) / close)) * close;
    return Math.max(step, next - now);
  }
}

const known = new WeakMap<StellarNetwork, Readings>();

export function readingsOf(ctx: Pick<AnchorContext, 'network'>): Readings {
  const found = known.get(ctx.network) ?? new Readings();
  known.set(ctx.network, found);
  return found;
}
