import { acceptTransaction, liftFreeze, readFreezeNote, reconcile } from '../../src/jobs/reconcile/index.ts';
import { AnchorError, messageOf } from '../../src/kernel/errors.ts';
import type { AnchorContext } from '../../src/transfers/index.ts';
import type { Anchor } from './anchor.ts';
import type { World } from './world.ts';

/** The person behind `anchor reconcile`: looks now and then, and settles what only a person can settle. */
export class Operator {
  readonly #world: World;
  readonly #anchor: Anchor;

  constructor(world: World, anchor: Anchor) {
    this.#world = world;
    this.#anchor = anchor;
  }

  async work(): Promise<void> {
    const { scheduler, random } = this.#world;
    while (this.#world.closing) {
      await scheduler.sleep(random.int(40_000, 80_000));
      try {
        await this.#look();
      } catch (error) {
        this.#world.trace.add(scheduler.now, `operator told ${messageOf(error).slice(0, 120)}`);
        if (AnchorError.is(error) && error.code !== 'INVARIANT_BROKEN') continue;
        this.#world.violation(`X1 reconcile threw what nobody expected: ${messageOf(error).slice(0, 300)}`);
      }
    }
  }

  async #look(): Promise<void> {
    const world = this.#world;
    const freeze = await this.#anchor.ask((ctx) => readFreezeNote(ctx));
    if (freeze === null) return;
    world.trace.add(world.scheduler.now, `operator sees the freeze for ${freeze.hash || freeze.cause}`);
    const foreign = world.operated.has(freeze.hash) || world.restored;
    if (freeze.hash !== '' && !foreign) {
      world.violation(`L5 signing is frozen for ${freeze.hash}, which is the anchor's own`);
      return;
    }
    await this.#anchor.ask((ctx) => this.#accept(ctx, freeze.hash));
  }

  /** As the command does it. */
  async #accept(ctx: AnchorContext, hash: string): Promise<void> {
    const world = this.#world;
    const { signal } = new AbortController();
    const by = 'operator:simulation';
    const reason = 'known';
    const hashes = hash === '' ? [] : [hash];
    for (const one of hashes) await acceptTransaction(ctx, { hash: one, by, reason }, signal);
    const report = await reconcile(ctx, { signal });
    for (const stop of report.stops) {
      if (stop.hash === '' || hashes.includes(stop.hash)) continue;
      if (!world.operated.has(stop.hash) && !world.restored) continue;
      hashes.push(stop.hash);
      await acceptTransaction(ctx, { hash: stop.hash, by, reason }, signal);
    }
    const again = hashes.length > 1 ? await reconcile(ctx, { signal }) : report;
    if (hash !== '' && again.stops.length === 0) await liftFreeze(ctx, by, reason);
    world.trace.add(
      world.scheduler.now,
      `operator accepted ${hashes.map((one) => one.slice(0, 8)).join(' ')}`,
    );
  }
}
