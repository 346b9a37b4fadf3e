import * as v from 'valibot';
import { type Lookup, lookupAnswer } from '../answers.ts';
import { type Desk, type Ended, tell } from './desk.ts';
import type { Fault } from './faults.ts';
import { pay } from './payouts.ts';

const NO_FAULTS = 'the adapter does not use fetch: give bank.inject';

export const look = (desk: Desk, key: string): Promise<Ended<Lookup>> =>
  desk.call((ctx) => desk.rails.lookupPayout?.(key, ctx), lookupAnswer);

const statusOf = (ended: Ended<{ status: string }>): string | null =>
  'answer' in ended ? ended.answer.status : null;

const found = (ended: Ended<Lookup>): boolean => ['accepted', 'completed'].includes(statusOf(ended) ?? '');

/** A look-up until the bank has had its time. */
export async function lookUntilFound(desk: Desk, key: string): Promise<Ended<Lookup>> {
  const until = desk.clock.now() + (desk.options.bookingSeconds ?? 5) * 1000;
  for (;;) {
    const ended = await look(desk, key);
    if (found(ended) || desk.clock.now() >= until) return ended;
    await desk.clock.sleep(100);
  }
}

/** RAILS-10 to RAILS-13. */
export async function checkLookups(desk: Desk): Promise<void> {
  const { notes } = desk;
  if (desk.rails.lookupPayout === undefined) {
    notes.broken('RAILS-10', 'a function lookupPayout(key)', 'none');
    for (const rule of ['RAILS-11', 'RAILS-12', 'RAILS-13'] as const) notes.skipped(rule, 'no lookupPayout');
    return;
  }
  notes.kept('RAILS-10');
  const never = await look(desk, desk.key());
  notes.expect('RAILS-11', statusOf(never) === 'none', '{"status":"none"}', tell(never));
  const order = desk.order();
  await pay(desk, order); // its answer is not looked at, as if it had got lost
  const after = await lookUntilFound(desk, order.key);
  notes.expect('RAILS-12', found(after), 'accepted or completed', tell(after));
  for (const fault of ['refused', 'page', 'down'] as const) {
    const { outcome, reached } = await desk.under(fault, () => look(desk, order.key));
    if (!reached) {
      if (fault === 'refused') notes.skipped('RAILS-13', NO_FAULTS);
      continue;
    }
    notes.expect('RAILS-13', !('answer' in outcome) || found(outcome), 'a throw', tell(outcome));
  }
}

/** RAILS-20 to RAILS-23. */
export async function checkFailures(desk: Desk): Promise<void> {
  const { notes } = desk;
  const refused = await payUnder(desk, 'refused');
  if (!refused.reached) {
    for (const rule of ['RAILS-20', 'RAILS-21', 'RAILS-22', 'RAILS-23'] as const)
      notes.skipped(rule, NO_FAULTS);
    return;
  }
  notes.expect('RAILS-20', !('answer' in refused.outcome), 'a throw', tell(refused.outcome));
  await lostAnswer(desk);
  for (const fault of ['page', 'down'] as const) {
    const { outcome, reached } = await payUnder(desk, fault);
    if (reached) notes.expect('RAILS-22', !('answer' in outcome), 'a throw', tell(outcome));
    else notes.skipped('RAILS-22', 'the adapter does not use fetch');
  }
  await endless(desk);
}

const payUnder = (desk: Desk, fault: Fault) => {
  const order = desk.order();
  return desk.under(fault, () => pay(desk, order));
};

async function lostAnswer(desk: Desk): Promise<void> {
  const { notes } = desk;
  const order = desk.order();
  const { outcome } = await desk.under('lost', () => pay(desk, order));
  notes.expect(
    'RAILS-21',
    statusOf(outcome) !== 'rejected',
    'a throw: the bank has the order, and the adapter cannot know',
    tell(outcome),
  );
  const before = await desk.paid(order.amount, 1);
  if (before === null) return;
  if (before > 1) {
    notes.broken('RAILS-21', `at most one payout of ${order.amount}`, `${before} after a lost answer`);
    return;
  }
  if (before === 1 && desk.rails.lookupPayout !== undefined) {
    const ended = await lookUntilFound(desk, order.key);
    notes.expect(
      'RAILS-12',
      found(ended),
      `accepted or completed: the bank has paid ${order.amount}`,
      tell(ended),
    );
  }
  await pay(desk, order);
  const count = await desk.paid(order.amount, 1);
  notes.expect('RAILS-21', count === 1, `one payout of ${order.amount}`, `${count} after ordering it again`);
}

/** Enough for a call to begin; its time is up then. */
const abortSeconds = (desk: Desk): number => (desk.options.timeoutSeconds ?? 10) / 10;

async function endless(desk: Desk): Promise<void> {
  const order = desk.order();
  let settled = false;
  const { reached } = await desk.under('hangs', async () => {
    await desk.call(
      async (ctx) => {
        try {
          return await desk.rails.payout(order, ctx);
        } finally {
          settled = true;
        }
      },
      // whatever it answers: here it matters that it ends
      v.unknown(),
      abortSeconds(desk),
    );
    for (let i = 0; i < 10 && !settled; i++) await desk.clock.sleep(100);
  });
  if (reached) {
    desk.notes.expect('RAILS-23', settled, 'the call ends when ctx.signal aborts', 'it goes on for ever');
  } else desk.notes.skipped('RAILS-23', 'the adapter does not use fetch');
}
