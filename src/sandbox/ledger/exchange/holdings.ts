import { assert } from '../../../kernel/errors.ts';
import { issuerOf, NATIVE } from '../keys.ts';
import type { AccountEntry, AssetString, Liabilities, TrustLineEntry } from '../types.ts';
import { INT64_MAX, max } from './arithmetic.ts';
import type { ExchangeState } from './ports.ts';

/**
 * What an account holds of an asset: lumens on the account, a trustline, or the issuer's own asset, of which it has no
 * end. (stellar-core: TransactionUtils.cpp, TrustLineWrapper.cpp.)
 */
export type Holding =
  | { kind: 'native'; entry: AccountEntry }
  | { kind: 'line'; entry: TrustLineEntry }
  | { kind: 'issuer' };

const AUTHORIZED = 1;
const AUTHORIZED_OR_MAINTAIN = 3;
type View = Pick<ExchangeState, 'account' | 'trustline'>;

export function isIssuer(account: string, asset: AssetString): boolean {
  return asset !== NATIVE && issuerOf(asset) === account;
}

/** Undefined where there is no trustline (or no account, for lumens). */
export function holdingOf(state: View, account: string, asset: AssetString): Holding | undefined {
  if (asset === NATIVE) {
    const entry = state.account(account);
    return entry && { kind: 'native', entry };
  }
  if (isIssuer(account, asset)) return { kind: 'issuer' };
  const entry = state.trustline(account, asset);
  return entry && { kind: 'line', entry };
}

export function isAuthorized(holding: Holding): boolean {
  return holding.kind !== 'line' || (holding.entry.flags & AUTHORIZED) !== 0;
}

/** Authorized, or at least to keep the liabilities it has. */
export function maintainsLiabilities(holding: Holding): boolean {
  return holding.kind !== 'line' || (holding.entry.flags & AUTHORIZED_OR_MAINTAIN) !== 0;
}

/** Stroops below which the lumens of an account must not fall. */
export function minimumBalance(account: AccountEntry, baseReserve: bigint): bigint {
  return BigInt(2 + account.subEntries + account.sponsoring - account.sponsored) * baseReserve;
}

export function balanceOf(holding: Holding): bigint {
  return holding.kind === 'issuer' ? INT64_MAX : holding.entry.balance;
}

/** What can be sent; negative where the reserve outgrew the balance. */
export function availableBalance(holding: Holding, baseReserve: bigint): bigint {
  if (holding.kind === 'issuer') return INT64_MAX;
  const { balance, liabilities } = holding.entry;
  const bound = holding.kind === 'native' ? minimumBalance(holding.entry, baseReserve) : 0n;
  return balance - bound - liabilities.selling;
}

/** What can be received until the limit. */
export function availableRoom(holding: Holding): bigint {
  if (holding.kind === 'issuer') return INT64_MAX;
  const { balance, liabilities } = holding.entry;
  const limit = holding.kind === 'native' ? INT64_MAX : holding.entry.limit;
  return limit - balance - liabilities.buying;
}

/** What an offer of this account can sell at most; 0 where it may not. */
export function canSellAtMost(holding: Holding | undefined, baseReserve: bigint): bigint {
  if (!holding || !maintainsLiabilities(holding)) return 0n;
  return max(0n, availableBalance(holding, baseReserve));
}

/** What an offer of this account can buy at most. */
export function canBuyAtMost(holding: Holding | undefined): bigint {
  return holding ? max(0n, availableRoom(holding)) : 0n;
}

/**
 * The entry after `delta` stroops, or undefined where balance, liabilities or limit refuse it. An issuer needs no entry.
 */
export function withBalance<H extends Exclude<Holding, { kind: 'issuer' }>>(
  holding: H,
  delta: bigint,
  baseReserve: bigint,
): H['entry'] | undefined {
  if (delta === 0n) return holding.entry;
  assert(maintainsLiabilities(holding), 'a trustline without authorization changes');
  if (delta > 0n && delta > availableRoom(holding)) return undefined;
  if (delta < 0n && -delta > availableBalance(holding, baseReserve)) return undefined;
  return { ...holding.entry, balance: holding.entry.balance + delta };
}

/** Changes what an account holds; false (and nothing changed) where that is refused. */
export function addBalance(
  state: ExchangeState,
  account: string,
  asset: AssetString,
  delta: bigint,
): boolean {
  const holding = holdingOf(state, account, asset);
  assert(holding, 'a balance changes without an entry');
  if (delta === 0n || holding.kind === 'issuer') return true;
  const changed = withBalance(holding, delta, state.baseReserve);
  if (changed) state.put(changed);
  return changed !== undefined;
}

/** Changes what an account's offers bind of an asset; these promises were checked before. */
export function addLiabilities(
  state: ExchangeState,
  account: string,
  asset: AssetString,
  delta: Partial<Liabilities>,
): void {
  const { buying = 0n, selling = 0n } = delta;
  const holding = holdingOf(state, account, asset);
  assert(holding, 'liabilities change without an entry');
  if (holding.kind === 'issuer' || (buying === 0n && selling === 0n)) return;
  assert(maintainsLiabilities(holding), 'liabilities change without authorization');
  const old = holding.entry.liabilities;
  const changed = { buying: old.buying + buying, selling: old.selling + selling };
  assert(changed.buying >= 0n && changed.selling >= 0n, 'negative liabilities');
  const entry = { ...holding.entry, liabilities: changed };
  state.put(entry);
  const after = holdingOf(state, account, asset);
  if (after && buying > 0n) assert(availableRoom(after) >= 0n, 'buying liabilities over the limit');
  if (after && selling > 0n)
    assert(availableBalance(after, state.baseReserve) >= 0n, 'selling liabilities over the balance');
}
