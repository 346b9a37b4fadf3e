import type { NetworkAccount } from '../../stellar/port.ts';

/** Who can sign payments of an account now, and what they have to weigh together. */
export interface Powers {
  account: string;
  /** the medium threshold; at least 1, because no transaction goes without a signature */
  needed: number;
  /** weight by key, `G…`; only what can sign any transaction: no hashes, no pre-authorized ones */
  weights: ReadonlyMap<string, number>;
}

export function powersOf(account: NetworkAccount): Powers {
  const signers = account.signers.filter(({ type, weight }) => type === 'ed25519_public_key' && weight > 0);
  return {
    account: account.id,
    needed: Math.max(1, account.thresholds.medium),
    // core caps every weight at 255
    weights: new Map(signers.map(({ key, weight }) => [key, Math.min(weight, 255)])),
  };
}

export function weightOf(powers: Powers, keys: Iterable<string>): number {
  let sum = 0;
  for (const key of new Set(keys)) sum += powers.weights.get(key) ?? 0;
  return sum;
}

export const totalWeight = (powers: Powers): number => weightOf(powers, powers.weights.keys());

/**
 * The fewest keys that reach the threshold, heaviest first: the network refuses a transaction with a signature that it did not need
 * (`tx_bad_auth_extra`). Null where all together do not.
 */
export function sufficient(powers: Powers, keys: Iterable<string>): string[] | null {
  const weight = (key: string): number => powers.weights.get(key) ?? 0;
  const heaviest = [...new Set(keys)]
    .filter((key) => weight(key) > 0)
    .sort((a, b) => weight(b) - weight(a) || (a < b ? -1 : 1));
  const chosen: string[] = [];
  let sum = 0;
  for (const key of heaviest) {
    if (sum >= powers.needed) break;
    chosen.push(key);
    sum += weight(key);
  }
  return sum >= powers.needed ? chosen : null;
}
