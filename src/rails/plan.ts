import { messageOf } from '../kernel/errors.ts';
import { allAssets } from '../transfers/assets.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { creditFee } from '../transfers/credit.ts';
import type { Fee } from '../transfers/fees.ts';
import { judgeMoney, type MoneyPolicy, type SuspenseReason } from '../transfers/matching.ts';
import { normalizeReference } from '../transfers/references.ts';
import type { TransactionRow } from '../transfers/rows.ts';
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

/** Decides for one credit and the deposit its reference names; pure, so that a brute-force oracle can check it. */
export function classifyCredit(
  credit: ReadCredit,
  row: TransactionRow | null,
  policy: MoneyPolicy | undefined,
): Decided {
  const { amountUnits } = credit;
  if (amountUnits === null) return { suspense: 'unreadable' };
  if (credit.reference === null) return { suspense: 'no_reference' };
  if (row === null || row.kind !== 'deposit' || policy === undefined)
    return { suspense: 'unknown_reference' };
  const verdict = judgeMoney(row, policy, amountUnits);
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
  for (const credit of fresh) {
    const row = rows.get(normalizeReference(credit.reference ?? '')) ?? null;
    const decided = classifyCredit(credit, row, assets.get(row?.asset_id ?? ''));
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
    const asset = assets.get(decided.row.asset_id);
    const fee = asset && (await feeOrNull(ctx, decided.row, asset, decided.amountUnits));
    if (!fee) plans.push({ credit, suspense: 'internal_error', transactionId });
    else if (fee.fee >= decided.amountUnits) plans.push({ credit, suspense: 'below_fee', transactionId });
    else {
      plans.push({ credit, match: { row: decided.row, fee, amountUnits: decided.amountUnits } });
      funded.add(decided.row.id);
    }
  }
  return plans;
}

/** A fee that cannot be computed holds this one credit, visibly, and no other. */
async function feeOrNull(
  ctx: AnchorContext,
  row: TransactionRow,
  asset: Parameters<typeof creditFee>[2],
  amountUnits: bigint,
): Promise<Fee | null> {
  try {
    return await creditFee(ctx, row, asset, amountUnits);
  } catch (error) {
    ctx.log.error('fee_failed', { transaction: row.id, error: messageOf(error) });
    return null;
  }
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
