import { createHash } from 'node:crypto';
import type { AnchorContext } from '../transfers/context.ts';
import { normalizeReference } from '../transfers/references.ts';
import type { ReadCredit } from './answers.ts';

type Content = Pick<ReadCredit, 'amountUnits' | 'reference'>;

export interface SortedCredits {
  /** not seen before, or seen and unreadable then */
  fresh: ReadCredit[];
  /** under the id of another credit: an id of their own each */
  contradicting: ReadCredit[];
}

/**
 * Takes out what is known by the bank's own id. Where the bank, or the code that talks to it, gives two credits one id, the second one
 * is kept as well: it may be money, and an operator has to see it.
 */
export async function sortCredits(
  ctx: Pick<AnchorContext, 'db'>,
  credits: readonly ReadCredit[],
): Promise<SortedCredits> {
  const sorted: SortedCredits = { fresh: [], contradicting: [] };
  if (credits.length === 0) return sorted;
  const stored = await storedContents(ctx, [...new Set(credits.map(({ id }) => id))]);
  const seen = new Map<string, Content>();
  for (const credit of credits) {
    const before = seen.get(credit.id) ?? stored.get(credit.id);
    if (before === undefined) {
      seen.set(credit.id, credit);
      sorted.fresh.push(credit);
    } else if (before.amountUnits === null) {
      if (credit.amountUnits === null || seen.has(credit.id)) continue;
      seen.set(credit.id, credit);
      sorted.fresh.push(credit);
    } else if (contradicts(before, credit)) {
      sorted.contradicting.push({ ...credit, id: `${credit.id}#${digestOf(credit)}` });
    }
  }
  return sorted;
}

/** `amountUnits` is null for those that could not be read and may still be. */
async function storedContents(ctx: Pick<AnchorContext, 'db'>, ids: string[]): Promise<Map<string, Content>> {
  const rows = await ctx.db.read
    .selectFrom('bank_credits')
    .select(['id', 'amount_units', 'reference', 'bucket', 'reason'])
    .where('id', 'in', ids)
    .execute();
  return new Map(
    rows.map((row) => {
      const unreadable = row.bucket === 'suspense' && row.reason === 'unreadable';
      return [row.id, { amountUnits: unreadable ? null : row.amount_units, reference: row.reference }];
    }),
  );
}

/** A reference that the bank adds later, and one that gets lost, are no contradiction. */
function contradicts(before: Content, now: Content): boolean {
  if (now.amountUnits === null) return false;
  if (before.amountUnits !== now.amountUnits) return true;
  if (before.reference === null || now.reference === null) return false;
  return normalizeReference(before.reference) !== normalizeReference(now.reference);
}

const digestOf = (credit: ReadCredit): string =>
  createHash('sha256').update(`${credit.amountUnits} ${credit.reference}`).digest('hex').slice(0, 8);
