import { formatAmount, percentOf, roundUp, STELLAR_SCALE } from './amounts.ts';

export interface FeeItem {
  name: string;
  description?: string;
  /** decimal text */
  amount: string;
}

export interface Fee {
  /** stroops (1e-7) of what comes in */
  fee: bigint;
  /** S24-60, S38-21: amounts add up to the fee */
  details: FeeItem[];
  /** what goes out, in its own asset, where that is another one than what comes in; else it is what the fee leaves */
  out?: bigint;
}

export interface FeeTerms {
  fixed: bigint;
  /** percentage points × 1e7 */
  percent: bigint;
  minimum: bigint | null;
  /** of the asset that the fee is taken of */
  decimals: number;
}

/**
 * amount × percent / 100 + fixed, at least the minimum (S24-06). Rounded up so that what is left has the asset's decimals: in favour
 * of the anchor, by less than the asset's smallest unit (reliability R10).
 */
export function computeFee(terms: FeeTerms, amount: bigint): Fee {
  const percent = percentOf(amount, terms.percent);
  const raw = percent + terms.fixed;
  const least = terms.minimum !== null && raw < terms.minimum;
  const fee = settleFee(amount, least ? (terms.minimum as bigint) : raw, terms.decimals);
  const details: FeeItem[] = [];
  const add = (name: string, units: bigint): void => {
    if (units > 0n) details.push({ name, amount: formatAmount(units) });
  };
  if (least) add('Minimum fee', fee);
  else {
    add('Fixed fee', terms.percent === 0n ? fee : terms.fixed);
    if (terms.percent > 0n) add('Percentage fee', fee - terms.fixed);
  }
  if (terms.percent === 0n && terms.fixed === 0n && !least) details.length = 0;
  if (details.length === 0) add('Rounding', fee);
  return { fee, details };
}

/** The smallest fee of at least `raw` that leaves a rest with the asset's decimals. */
export function settleFee(amount: bigint, raw: bigint, decimals: number): bigint {
  if (raw >= amount) return roundUp(raw, decimals);
  const step = 10n ** BigInt(STELLAR_SCALE - Math.min(decimals, STELLAR_SCALE));
  const rest = amount - raw;
  return amount - (rest - (rest % step));
}
