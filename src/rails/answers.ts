import { createHash } from 'node:crypto';
import * as v from 'valibot';
import type { Integrations, RailsIntegration } from '../config/integrations.ts';
import { parsePositiveAmount } from '../kernel/amounts.ts';
import { AnchorError, messageOf } from '../kernel/errors.ts';
import { limits } from '../kernel/limits.ts';
import type { AnchorContext } from '../transfers/context.ts';

/** Shapes of what the anchor's rails answer. Entries of lists are checked one by one, so that one bad entry spoils no other. */

/** NUL and halves of characters: no database takes them. */
const isStorable = (text: string): boolean => !text.includes('\0') && text.isWellFormed();
const storable = (text: string): string => text.replaceAll('\0', '\ufffd').toWellFormed();

const cursor = v.nullish(v.pipe(v.string(), v.maxLength(10_000), v.check(isStorable, 'a text without NUL')));

export const depositsAnswer = v.object({ credits: v.array(v.unknown()), cursor });
export const returnsAnswer = v.object({ returns: v.array(v.unknown()), cursor });

const externalId = v.optional(v.pipe(v.string(), v.maxLength(200), v.transform(storable)));
const reason = v.pipe(v.string(), v.maxLength(2_000), v.transform(storable));
const amount = v.optional(v.pipe(v.string(), v.check(isAmount, 'a decimal amount such as "98.99"')));
const taken = v.object({ status: v.picklist(['accepted', 'completed']), externalId, amount });
const line = v.pipe(v.string(), v.minLength(1), v.maxLength(500), v.check(isStorable));
const fieldName = v.pipe(v.string(), v.regex(/^[A-Za-z][\w.-]{0,99}$/, 'a name of a field'));
const asked = v.strictObject({
  description: line,
  optional: v.optional(v.boolean()),
  choices: v.optional(v.pipe(v.array(line), v.minLength(1))),
});
const ask = v.optional(v.object({ message: line, fields: v.record(fieldName, asked) }));
const rejected = v.object({ status: v.literal('rejected'), reason, ask });

export const payoutAnswer = v.variant('status', [taken, rejected]);

export const lookupAnswer = v.variant('status', [
  taken,
  rejected,
  v.object({ status: v.literal('none') }),
  v.object({ status: v.literal('returned'), reason, externalId }),
]);

export type Lookup = v.InferOutput<typeof lookupAnswer>;

export const list = v.array(v.unknown());
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
  /** SEP-38 id of the currency, where the bank told it */
  asset?: string | null;
  /** ISO 8601 in UTC, or null where the bank said nothing readable */
  at: string | null;
}

const idSchema = v.object({ id: v.pipe(v.string(), v.minLength(1), v.maxLength(200), v.check(isStorable)) });

const shortText = (value: unknown): string | null =>
  typeof value === 'string' && value.trim() !== '' ? storable(value.trim().slice(0, 500)) : null;

/**
 * Each entry of a list copied through JSON by itself, so that one that cannot be copied or is too large spoils no other: it is replaced
 * by what can be said of it.
 *
 * @param spoilt gets the places of those
 */
export function copyEntries(entries: unknown, spoilt: number[] = []): unknown {
  if (!Array.isArray(entries)) return entries;
  return entries.map((entry: unknown, index) => {
    try {
      const text = JSON.stringify(entry) ?? 'null';
      if (text.length <= limits.railsEntryBytes) return JSON.parse(text) as unknown;
      spoilt.push(index);
      return { ...idOf(entry), unreadable: `${text.length} bytes`, digest: digestOf(text) };
    } catch (error) {
      spoilt.push(index);
      return { ...idOf(entry), unreadable: messageOf(error).slice(0, 200) };
    }
  });
}

/** An answer with a list in it, each entry copied by itself. */
export function isolated(answer: unknown, name: 'credits' | 'returns', spoilt: number[] = []): unknown {
  if (typeof answer !== 'object' || answer === null) return answer;
  const { [name]: entries, cursor: next } = answer as Record<string, unknown>;
  return { [name]: copyEntries(entries, spoilt), cursor: next };
}

function idOf(entry: unknown): { id?: string } {
  try {
    const { id } = entry as { id?: unknown };
    return typeof id === 'string' ? { id } : {};
  } catch {
    return {};
  }
}

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Never refuses: money is kept, readable or not. Without an id of the bank it gets one from its content. */
export function readCredit(entry: unknown): ReadCredit {
  const named = v.safeParse(idSchema, entry);
  const fields = (typeof entry === 'object' && entry !== null ? entry : {}) as Record<string, unknown>;
  return {
    id: named.success ? named.output.id : `unreadable:${digestOf(JSON.stringify(entry) ?? '')}`,
    amountUnits: named.success ? readAmount(fields['amount']) : null,
    reference: shortText(fields['reference']),
    payer: shortText(fields['from']),
    asset: readCurrency(fields['asset']),
    at: readTime(fields['at']),
  };
}

/** A return as it will be stored; null where it does not even have an id. */
export interface ReadReturn {
  id: string;
  key: string | null;
  creditId: string | null;
  amountUnits: bigint | null;
  reason: string;
  at: string | null;
}

export function readReturn(entry: unknown): ReadReturn | null {
  const named = v.safeParse(idSchema, entry);
  if (!named.success) return null;
  const fields = entry as Record<string, unknown>;
  return {
    id: named.output.id,
    key: shortText(fields['key']),
    creditId: shortText(fields['creditId']),
    amountUnits: readAmount(fields['amount']),
    reason: shortText(fields['reason']) ?? 'The bank gave no reason.',
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

function isAmount(value: string): boolean {
  return readAmount(value) !== null;
}

/** `iso4217:USD`, or `USD`. */
function readCurrency(value: unknown): string | null {
  const match = typeof value === 'string' ? /^(?:iso4217:)?([A-Z]{3})$/.exec(value.trim()) : null;
  return match === null ? null : `iso4217:${match[1]}`;
}

function readTime(value: unknown): string | null {
  const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(ms) ? null : new Date(ms).toISOString();
}

/** How long a call of the rails may take, in milliseconds. */
export const railsTimeoutMs = (ctx: AnchorContext): number =>
  Math.min(limits.railsHookTimeoutMs, (railsOf(ctx).timeoutSeconds ?? 3600) * 1000);

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
