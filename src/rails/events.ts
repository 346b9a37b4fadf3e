import * as v from 'valibot';
import type { BankCredit, BankReturn, PayoutLookup } from '../config/integrations.ts';
import { badInput, notFound } from '../kernel/errors.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { copyEntries, lookupAnswer, readCredit, readReturn } from './answers.ts';
import { bookNews } from './news.ts';
import { type Effect, takeReturn } from './returns.ts';
import { storeCredits } from './store.ts';

/** What became of a credit: it moved its deposit, lies in suspense, or had been taken before. */
export type Taken = 'matched' | 'suspended' | 'known';

/** Takes one credit, exactly as `pollDeposits` would. */
export async function takeCredit(ctx: AnchorContext, credit: unknown, by: string): Promise<Taken> {
  const [copy] = copyEntries([credit]) as unknown[];
  const stored = await storeCredits(ctx, [readCredit(copy)], null, by);
  if (stored.matched > 0) return 'matched';
  return stored.suspended > 0 ? 'suspended' : 'known';
}

const deposit = v.object({ type: v.literal('deposit'), credit: v.record(v.string(), v.unknown()) });
const payout = v.looseObject({ type: v.literal('payout'), key: v.string() });
const returned = v.object({ type: v.literal('return'), return: v.record(v.string(), v.unknown()) });
const event = v.variant('type', [deposit, payout, returned]);

/** Takes one event of the bank; answers what is wrong with one that makes no sense, null when all is well. */
export async function takeEvent(ctx: AnchorContext, entry: unknown, by: string): Promise<string | null> {
  const read = v.safeParse(event, entry);
  if (!read.success) return `not an event: ${v.summarize(read.issues).slice(0, 300)}`;
  const { output } = read;
  if (output.type === 'deposit') {
    await takeCredit(ctx, output.credit, by);
    return null;
  }
  if (output.type === 'return') {
    const entry = readReturn(output.return);
    if (entry === null) return 'a return without an id';
    return (await takeReturn(ctx, entry, by)) === 'unknown' ? 'a return of something we do not know' : null;
  }
  const news = v.safeParse(lookupAnswer, output);
  if (!news.success) return `not news of a payout: ${v.summarize(news.issues).slice(0, 300)}`;
  const booked = await bookNews(ctx, output.key, news.output, by);
  return booked === null ? 'news of a payout that we do not know, or have cancelled' : null;
}

const NOTIFY = 'rails:notify';

/**
 * A credit at the bank, told by the anchor's own code: the same as when `pollDeposits` had answered it. By the bank's own id it is
 * taken once, however often and by whomever it is told.
 *
 * @throws BANK_NOTICE_INVALID (400) a credit without the bank's id: nothing was stored
 */
export async function notifyDeposit(ctx: AnchorContext, credit: BankCredit): Promise<Taken> {
  const { id } = (credit ?? {}) as { id?: unknown };
  if (typeof id !== 'string' || id === '') {
    throw badInput('BANK_NOTICE_INVALID', 'The credit has no id: give the id that the bank gave it.');
  }
  return takeCredit(ctx, credit, NOTIFY);
}

/**
 * News of a payout or refund by our key: the same as when `pollPayouts` had answered it. Telling it again changes nothing.
 *
 * @throws BANK_NOTICE_INVALID (400), PAYOUT_UNKNOWN (404)
 */
export async function notifyPayout(ctx: AnchorContext, news: { key: string } & PayoutLookup): Promise<void> {
  const read = v.safeParse(lookupAnswer, news);
  if (!read.success)
    throw badInput('BANK_NOTICE_INVALID', `Not news of a payout: ${v.summarize(read.issues)}`);
  const booked = await bookNews(ctx, String(news.key), read.output, NOTIFY);
  if (booked === null) {
    throw notFound('PAYOUT_UNKNOWN', 'There is no payout with this key, or it was cancelled.');
  }
}

/**
 * Money that came back or was taken back. By the bank's own id it is taken once.
 *
 * @throws BANK_NOTICE_INVALID (400)
 */
export async function notifyReturn(ctx: AnchorContext, entry: BankReturn): Promise<Effect | 'known'> {
  const [copy] = copyEntries([entry]) as unknown[];
  const read = readReturn(copy);
  if (read === null) throw badInput('BANK_NOTICE_INVALID', 'The return has no id of the bank.');
  return takeReturn(ctx, read, NOTIFY);
}
