import { parseAmount } from '../../kernel/amounts.ts';
import { depositsAnswer, isolated, type ReadCredit, readCredit } from '../answers.ts';
import { type Desk, type Ended, tell } from './desk.ts';

type Answer = { credits: unknown[]; cursor?: string | null | undefined };

export const poll = (desk: Desk, cursor: string | null): Promise<Ended<Answer>> =>
  desk.call(
    async (ctx) => isolated(await desk.rails.pollDeposits({ cursor, waiting: [] }, ctx), 'credits'),
    depositsAnswer,
  );

interface Page {
  credits: ReadCredit[];
  raw: unknown[];
  cursor: string | null;
}

const PAGES_MAX = 1000;

/** Everything since the cursor: pages until one brings nothing new. Null where an answer has the wrong shape. */
async function all(desk: Desk, from: string | null): Promise<Page | null> {
  const page: Page = { credits: [], raw: [], cursor: from };
  for (let i = 0; i < PAGES_MAX; i++) {
    const ended = await poll(desk, page.cursor);
    if (!('answer' in ended)) {
      desk.notes.broken('RAILS-30', '{ credits: [...], cursor }', tell(ended));
      return null;
    }
    const { credits, cursor } = ended.answer;
    page.raw.push(...credits);
    page.credits.push(...credits.map(readCredit));
    const next = cursor ?? page.cursor;
    if (credits.length === 0 || next === page.cursor) return page;
    page.cursor = next;
  }
  return page;
}

/** RAILS-30 to RAILS-35. Answers the cursor after all that came in. */
export async function checkDeposits(desk: Desk): Promise<void> {
  const { notes, bank } = desk;
  const start = await all(desk, null);
  if (start === null) return;
  notes.kept('RAILS-30');
  if (bank.pay === undefined) {
    for (const rule of ['RAILS-31', 'RAILS-32', 'RAILS-33', 'RAILS-34', 'RAILS-35'] as const)
      notes.skipped(rule, 'give bank.pay');
    return;
  }
  const amount = '100.10';
  const reference = desk.key().slice(0, 8).toUpperCase();
  await bank.pay({ amount, reference, from: 'Ada' });
  await bank.pay({ amount, reference, from: 'Ada' });
  const first = await until(desk, start.cursor, reference, 2);
  if (first === null) return;
  shapes(desk, first);
  const mine = ours(first, reference);
  const units = parseAmount(amount);
  notes.expect(
    'RAILS-31',
    mine.length === 2 && mine.every((credit) => credit.amountUnits === units),
    `two credits of ${amount} with reference ${reference}`,
    listed(first),
  );
  notes.expect(
    'RAILS-34',
    new Set(mine.map((credit) => credit.id)).size === mine.length,
    'an id for each credit',
    `${mine.map((credit) => credit.id).join(' twice, ')}`,
  );
  const again = await all(desk, start.cursor);
  if (again === null) return;
  notes.expect(
    'RAILS-32',
    mine.every(({ id }) => again.credits.some((credit) => credit.id === id)),
    `the credits ${mine.map(({ id }) => id).join(', ')} again`,
    listed(again),
  );
  await afterwards(desk, first.cursor, reference);
}

async function afterwards(desk: Desk, cursor: string | null, before: string): Promise<void> {
  const { notes, bank } = desk;
  const reference = desk.key().slice(0, 8).toUpperCase();
  await bank.pay?.({ amount: '50', reference, from: 'Ben' });
  const { outcome, reached } = await desk.under('refused', () => poll(desk, cursor));
  const from = 'answer' in outcome ? (outcome.answer.cursor ?? cursor) : cursor;
  const next = await until(desk, reached ? from : cursor, reference, 1);
  if (next === null) return;
  const rule = reached && 'answer' in outcome ? 'RAILS-35' : 'RAILS-33';
  const expected = `the credit with reference ${reference} after the cursor of the answer before`;
  notes.expect(rule, ours(next, reference).length === 1, expected, listed(next));
  if (!reached) notes.skipped('RAILS-35', 'the adapter does not use fetch: give bank.inject');
  else if (rule === 'RAILS-33') notes.kept('RAILS-35');
  else {
    const true_ = await until(desk, cursor, reference, 1);
    if (true_ !== null)
      notes.expect('RAILS-33', ours(true_, reference).length === 1, expected, listed(true_));
  }
  if (ours(next, reference).length === 0) return;
  const end = await all(desk, next.cursor);
  if (end !== null && ours(end, before).length > 0) {
    // it may repeat old credits; one that always shows all of them costs more each day, but loses nothing
    notes.kept('RAILS-33');
  }
}

const ours = (page: Page, reference: string): ReadCredit[] =>
  page.credits.filter((credit) => credit.reference === reference);

const listed = (page: Page): string =>
  page.raw.length === 0 ? 'no credits' : JSON.stringify(page.raw.slice(-5)).slice(0, 500);

/** Asks until the bank has had its time to show them. */
async function until(
  desk: Desk,
  cursor: string | null,
  reference: string,
  count: number,
): Promise<Page | null> {
  const end = desk.clock.now() + (desk.options.bookingSeconds ?? 5) * 1000;
  for (;;) {
    const page = await all(desk, cursor);
    if (page === null || ours(page, reference).length >= count || desk.clock.now() >= end) return page;
    await desk.clock.sleep(100);
  }
}

function shapes(desk: Desk, page: Page): void {
  page.credits.forEach((credit, index) => {
    const unreadable = credit.amountUnits === null || credit.id.startsWith('unreadable:');
    if (!unreadable) return;
    const found = JSON.stringify(page.raw[index])?.slice(0, 300) ?? 'undefined';
    desk.notes.broken('RAILS-30', '{ id: text, amount: text such as "98.99" }', found);
  });
}
