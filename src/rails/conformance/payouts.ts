import { payoutAnswer } from '../answers.ts';
import { type Desk, type Ended, tell } from './desk.ts';

type Payout = { status: 'accepted' | 'completed' | 'rejected'; externalId?: string | undefined };

export const pay = (desk: Desk, order = desk.order()): Promise<Ended<Payout>> =>
  desk.call((ctx) => desk.rails.payout(order, ctx), payoutAnswer);

const AMOUNTS = ['0.29', '4.35', '19.99', '1234.56'];
const NO_STATEMENT = 'give bank.statement';

const taken = (ended: Ended<Payout>): boolean => 'answer' in ended && ended.answer.status !== 'rejected';

/** RAILS-01 to RAILS-07. Answers whether payouts work at all. */
export async function checkPayouts(desk: Desk): Promise<boolean> {
  const { notes } = desk;
  const { settleSeconds } = desk.rails;
  notes.expect(
    'RAILS-07',
    settleSeconds === undefined || (Number.isFinite(settleSeconds) && settleSeconds >= 0),
    'nothing (60 seconds) or a number of at least 0',
    String(settleSeconds),
  );
  const first = desk.order();
  const answer = await pay(desk, first);
  notes.expect('RAILS-01', taken(answer), 'a payout that the bank takes', tell(answer));
  if (!taken(answer)) return false;
  await sameKey(desk, first, answer);
  await atOnce(desk);
  await changed(desk);
  await distinct(desk);
  await exact(desk);
  return true;
}

async function sameKey(desk: Desk, order: ReturnType<Desk['order']>, first: Ended<Payout>): Promise<void> {
  const again = await pay(desk, order);
  const expected = `one payout of ${order.amount}`;
  if ('answer' in again && again.answer.status === 'rejected') {
    desk.notes.broken('RAILS-03', 'the answer of the first order', tell(again));
    return;
  }
  const count = await desk.paid(order.amount, 1);
  if (count !== null) {
    desk.notes.expect('RAILS-03', count === 1, expected, `${count} in the statement`);
    return;
  }
  const ids = [first, again].map((one) => ('answer' in one ? one.answer.externalId : undefined));
  const differ = ids[0] !== undefined && ids[1] !== undefined && ids[0] !== ids[1];
  if (differ) desk.notes.broken('RAILS-03', 'the externalId of the first order', ids.join(' and '));
  else desk.notes.skipped('RAILS-03', NO_STATEMENT);
}

async function atOnce(desk: Desk): Promise<void> {
  const order = desk.order();
  const answers = await Promise.all(Array.from({ length: 5 }, () => pay(desk, order)));
  const refused = answers.find((one) => 'answer' in one && one.answer.status === 'rejected');
  if (refused !== undefined) {
    desk.notes.broken('RAILS-04', 'the answer of the first order, or a throw', tell(refused));
    return;
  }
  const count = await desk.paid(order.amount, 1);
  if (count === null) desk.notes.skipped('RAILS-04', NO_STATEMENT);
  else
    desk.notes.expect('RAILS-04', count === 1, `one payout of ${order.amount}`, `${count} in the statement`);
}

async function changed(desk: Desk): Promise<void> {
  const order = desk.order();
  const other = desk.order({ key: order.key });
  await pay(desk, order);
  await pay(desk, other);
  const count = await desk.paid(order.amount, 1);
  const more = await desk.paid(other.amount, 0);
  if (count === null || more === null) desk.notes.skipped('RAILS-05', NO_STATEMENT);
  else {
    const found = `${count} of ${order.amount} and ${more} of ${other.amount}`;
    desk.notes.expect('RAILS-05', more === 0, `one payout of ${order.amount} and no other`, found);
  }
}

async function distinct(desk: Desk): Promise<void> {
  const amount = desk.amount();
  await pay(desk, desk.order({ amount }));
  await pay(desk, desk.order({ amount }));
  const count = await desk.paid(amount, 2);
  if (count === null) desk.notes.skipped('RAILS-06', NO_STATEMENT);
  else desk.notes.expect('RAILS-06', count === 2, `two payouts of ${amount}`, `${count} in the statement`);
}

async function exact(desk: Desk): Promise<void> {
  for (const amount of desk.options.amounts ?? AMOUNTS) {
    const before = await desk.paid(amount, 0);
    await pay(desk, desk.order({ amount }));
    const count = await desk.paid(amount, (before ?? 0) + 1);
    if (count === null || before === null) {
      desk.notes.skipped('RAILS-02', NO_STATEMENT);
      return;
    }
    desk.notes.expect(
      'RAILS-02',
      count === before + 1,
      `a payout of exactly ${amount}`,
      'none of this amount',
    );
  }
}
