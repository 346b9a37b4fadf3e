import { isoTime } from '../kernel/clock.ts';
import { allAssets } from '../transfers/assets.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { creditFeeOrReason } from '../transfers/credit.ts';
import { assetIdsOf } from '../transfers/exchange.ts';
import type { Fee } from '../transfers/fees.ts';
import { judgeMoney, type MoneyPolicy, type SuspenseReason } from '../transfers/matching.ts';
import { normalizeReference } from '../transfers/references.ts';
import type { AssetRow, TransactionRow } from '../transfers/rows.ts';
import type { ReadCredit } from './answers.ts';
import { sortCredits } from './known.ts';

/** What is to become of one bank credit: it funds a deposit, or it lies in suspense. */
export type CreditPlan =
  | { credit: ReadCredit; match: { row: TransactionRow; fee: Fee; amountUnits: bigint } }
  /** too far from the announced amount: the deposit ends with it */
  | {
      credit: ReadCredit;
      ends: { row: TransactionRow; status: 'too_small' | 'too_large'; amountUnits: bigint };
    }
  | { credit: ReadCredit; suspense: SuspenseReason; transactionId: string | null };

type Decided =
  | { suspense: SuspenseReason }
  | { row: TransactionRow; amountUnits: bigint; ends: 'too_small' | 'too_large' | null };

/** What else decides about a credit that names a deposit. */
export interface CreditTerms {
  /** ISO 8601: when it was paid, as far as that can be believed */
  paidAt?: string | null;
  /** SEP-38 id of what the deposit waits for */
  currency?: string | null;
}

/** Decides for one credit and the deposit its reference names; pure, so that a brute-force oracle can check it. */
export function classifyCredit(
  credit: ReadCredit,
  row: TransactionRow | null,
  policy: MoneyPolicy | undefined,
  { paidAt = null, currency = null }: CreditTerms = {},
): Decided {
  const { amountUnits } = credit;
  if (amountUnits === null) return { suspense: 'unreadable' };
  if (credit.reference === null) return { suspense: 'no_reference' };
  if (row === null || row.kind !== 'deposit' || policy === undefined)
    return { suspense: 'unknown_reference' };
  if (credit.asset && currency !== null && credit.asset !== currency) return { suspense: 'wrong_asset' };
  const verdict = judgeMoney(row, policy, amountUnits, paidAt);
  if (verdict.is === 'suspense') return { suspense: verdict.reason };
  return { row, amountUnits, ends: verdict.is === 'wrong_amount' ? verdict.status : null };
}

/** Plans for credits that are new; those stored before are left out. Calls the fee integration where an amount differs. */
export async function planCredits(ctx: AnchorContext, credits: ReadCredit[]): Promise<CreditPlan[]> {
  const { fresh, contradicting } = await sortCredits(ctx, credits);
  const rows = await byReference(ctx, fresh);
  const assets = await allAssets(ctx.db.read);
  const plans: CreditPlan[] = contradicting.map((credit) => ({
    credit,
    suspense: 'id_reused',
    transactionId: null,
  }));
  const funded = new Set<string>();
  const now = isoTime(ctx.clock.now());
  for (const credit of fresh) {
    const row = rows.get(normalizeReference(credit.reference ?? '')) ?? null;
    const asset = assets.get(row?.asset_id ?? '');
    const terms = termsOf(credit, row, asset, now);
    const decided = classifyCredit(credit, row, asset, terms);
    const transactionId = row?.kind === 'deposit' ? row.id : null;
    if ('suspense' in decided) {
      plans.push({ credit, suspense: decided.suspense, transactionId });
      continue;
    }
    if (funded.has(decided.row.id)) {
      plans.push({ credit, suspense: 'duplicate', transactionId });
      continue;
    }
    if (decided.ends !== null) {
      const { row: ended, ends: status, amountUnits } = decided;
      plans.push({ credit, ends: { row: ended, status, amountUnits } });
      funded.add(ended.id);
      continue;
    }
    const { amountUnits } = decided;
    const fee = await creditFeeOrReason(ctx, decided.row, asset, amountUnits, terms.paidAt ?? null);
    if (typeof fee === 'string') plans.push({ credit, suspense: fee, transactionId });
    else {
      plans.push({ credit, match: { row: decided.row, fee, amountUnits } });
      funded.add(decided.row.id);
    }
  }
  return plans;
}

/** A bank that tells only the day would make money look older than what it is for: then we go by when we hear of it. */
function termsOf(
  credit: ReadCredit,
  row: TransactionRow | null,
  asset: AssetRow | undefined,
  now: string,
): CreditTerms {
  if (row === null || asset === undefined) return {};
  const believed = credit.at !== null && credit.at >= row.started_at && credit.at <= now;
  const currency = assetIdsOf(row, asset).in;
  return {
    paidAt: believed ? credit.at : now,
    currency: currency.startsWith('iso4217:') ? currency : null,
  };
}

async function byReference(ctx: AnchorContext, credits: ReadCredit[]): Promise<Map<string, TransactionRow>> {
  const references = credits.flatMap((credit) =>
    credit.reference === null ? [] : [normalizeReference(credit.reference)],
  );
  if (references.length === 0) return new Map();
  const rows = await ctx.db.read
    .selectFrom('transactions')
    .selectAll()
    .where('reference', 'in', references)
    .execute();
  return new Map(rows.map((row) => [row.reference, row]));
}
