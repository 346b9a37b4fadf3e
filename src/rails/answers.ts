import { createHash } from 'node:crypto';
import * as v from 'valibot';
import type { Integrations, RailsIntegration } from '../config/integrations.ts';
import { parsePositiveAmount } from '../kernel/amounts.ts';
import { AnchorError } from '../kernel/errors.ts';
import type { AnchorContext } from '../transfers/context.ts';

/** Shapes of what the anchor's rails answer. Entries of lists are checked one by one, so that one bad entry spoils no other. */

export const depositsAnswer = v.object({
  credits: v.array(v.unknown()),
  cursor: v.nullish(v.pipe(v.string(), v.maxLength(10_000))),
});

const externalId = v.optional(v.pipe(v.string(), v.maxLength(200)));
const reason = v.pipe(v.string(), v.maxLength(2_000));
const taken = v.object({ status: v.picklist(['accepted', 'completed']), externalId });
const rejected = v.object({ status: v.literal('rejected'), reason });

export const payoutAnswer = v.variant('status', [taken, rejected]);

export const lookupAnswer = v.variant('status', [
  taken,
  rejected,
  v.object({ status: v.literal('none') }),
  v.object({ status: v.literal('returned'), reason, externalId }),
]);

export type Lookup = v.InferOutput<typeof lookupAnswer>;

export const payoutNews = v.array(v.unknown());
const newsKey = v.object({ key: v.string() });

/** One entry of pollPayouts, or null where it makes no sense. */
export function readNews(entry: unknown): (Lookup & { key: string }) | null {
  const key = v.safeParse(newsKey, entry);
  const lookup = v.safeParse(lookupAnswer, entry);
  return key.success && lookup.success ? { ...lookup.output, key: key.output.key } : null;
}

/** A credit as it will be stored. `amountUnits` is null where the bank's amount cannot be read. */
export interface ReadCredit {
  id: string;
  amountUnits: bigint | null;
  reference: string | null;
  payer: string | null;
  /** ISO 8601 in UTC, or null where the bank said nothing readable */
  at: string | null;
}

const idSchema = v.object({ id: v.pipe(v.string(), v.minLength(1), v.maxLength(200)) });

const shortText = (value: unknown): string | null =>
  typeof value === 'string' && value.trim() !== '' ? value.trim().slice(0, 500) : null;

/** Never refuses: money is kept, readable or not. Without an id of the bank it gets one from its content. */
export function readCredit(entry: unknown): ReadCredit {
  const named = v.safeParse(idSchema, entry);
  const fields = (typeof entry === 'object' && entry !== null ? entry : {}) as Record<string, unknown>;
  const digest = createHash('sha256')
    .update(JSON.stringify(entry) ?? '')
    .digest('hex');
  return {
    id: named.success ? named.output.id : `unreadable:${digest}`,
    amountUnits: named.success ? readAmount(fields['amount']) : null,
    reference: shortText(fields['reference']),
    payer: shortText(fields['from']),
    at: readTime(fields['at']),
  };
}

function readAmount(value: unknown): bigint | null {
  try {
    return typeof value === 'string' ? parsePositiveAmount(value) : null;
  } catch {
    return null;
  }
}

function readTime(value: unknown): string | null {
  const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(ms) ? null : new Date(ms).toISOString();
}

/** @throws RAILS_MISSING where integrations.ts has no rails */
export function railsOf(ctx: AnchorContext): RailsIntegration {
  const { rails } = ctx.project.integrations as Integrations;
  if (rails === undefined) {
    throw new AnchorError({
      code: 'RAILS_MISSING',
      message: 'integrations.ts has no rails, so no bank can be asked.',
      hint: 'Give defineIntegrations({ rails: { pollDeposits, payout } }).',
    });
  }
  return rails;
}
