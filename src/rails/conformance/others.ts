import { list, payoutAnswer, readNews } from '../answers.ts';
import { type Desk, tell } from './desk.ts';
import { look, lookUntilFound } from './failures.ts';
import { pay } from './payouts.ts';

/** RAILS-40, RAILS-41. */
export async function checkRefunds(desk: Desk): Promise<void> {
  const { notes, rails } = desk;
  if (rails.refund === undefined) {
    notes.broken('RAILS-40', 'a function refund({ key, credit, amount })', 'none');
    notes.skipped('RAILS-41', 'no refund');
    return;
  }
  notes.kept('RAILS-40');
  const key = desk.key();
  const amount = desk.amount();
  const paidIn = await desk.bank.pay?.({ amount, reference: 'NOBODY', from: 'Ada' });
  const credit = { id: paidIn ?? 'C-1', amount, reference: 'NOBODY', from: 'Ada' };
  const send = () => desk.call((ctx) => rails.refund?.({ key, credit, amount }, ctx), payoutAnswer);
  const first = await send();
  const good = 'answer' in first && first.answer.status !== 'rejected';
  notes.expect('RAILS-41', good, 'a refund that the bank takes', tell(first));
  if (!good) return;
  await send();
  const count = await desk.paid(amount, 1);
  if (count !== null) {
    notes.expect('RAILS-41', count === 1, `one payout of ${amount}`, `${count} in the statement`);
  }
  if (rails.lookupPayout === undefined) return;
  const ended = await lookUntilFound(desk, key);
  const known = 'answer' in ended && ['accepted', 'completed'].includes(ended.answer.status);
  notes.expect('RAILS-41', known, 'lookupPayout finds the refund by its key', tell(ended));
}

/** RAILS-50. */
export async function checkNews(desk: Desk): Promise<void> {
  const { notes, rails } = desk;
  if (rails.pollPayouts === undefined) {
    notes.skipped('RAILS-50', 'no pollPayouts: lookupPayout is asked for each');
    return;
  }
  const order = desk.order();
  const never = desk.order();
  const answer = await pay(desk, order);
  const externalId = 'answer' in answer ? (answer.answer.externalId ?? null) : null;
  const waiting = [
    { key: order.key, externalId, transaction: order.transaction },
    { key: never.key, externalId: null, transaction: never.transaction },
  ];
  const ended = await desk.call((ctx) => rails.pollPayouts?.(waiting, ctx), list);
  if (!('answer' in ended)) {
    notes.broken('RAILS-50', 'a list', tell(ended));
    return;
  }
  const keys = new Set(waiting.map(({ key }) => key));
  for (const entry of ended.answer) {
    const read = readNews(entry);
    const shown = JSON.stringify(entry)?.slice(0, 300) ?? 'undefined';
    notes.expect('RAILS-50', read !== null, '{ key, status, … }', shown);
    if (read === null) continue;
    notes.expect('RAILS-50', keys.has(read.key), 'a key of the list', shown);
    const lie = read.key === never.key && read.status !== 'none';
    notes.expect('RAILS-50', !lie, 'nothing, or none, of a key that the bank never had', shown);
    const wrong = read.key === order.key && ['rejected', 'none'].includes(read.status);
    notes.expect('RAILS-50', !wrong, 'accepted or completed of a payout that the bank has taken', shown);
  }
  notes.kept('RAILS-50');
}

/** RAILS-60: a new adapter knows what the old one did. */
export async function checkRestart(desk: Desk, open: (again: Desk['rails']) => Desk): Promise<void> {
  const { notes } = desk;
  const { restart } = desk.options;
  if (restart === undefined) {
    notes.skipped('RAILS-60', 'give restart: () => a new adapter');
    return;
  }
  const order = desk.order();
  await pay(desk, order);
  const after = open(await restart());
  if (after.rails.lookupPayout !== undefined) {
    const ended = await look(after, order.key);
    const known = 'answer' in ended && ['accepted', 'completed'].includes(ended.answer.status);
    notes.expect('RAILS-60', known, 'the new adapter finds the payout of the old one', tell(ended));
  }
  await pay(after, order);
  const count = await desk.paid(order.amount, 1);
  if (count !== null) {
    const found = `${count} after ordering it again from the new adapter`;
    notes.expect('RAILS-60', count === 1, `one payout of ${order.amount}`, found);
  }
}
