import { Keypair, xdr } from '@stellar/stellar-sdk';
import {
  manageBuyOffer,
  manageSellOffer,
  type OperationOutcome,
} from '../../../../src/sandbox/ledger/exchange/index.ts';
import { assetXdr, NATIVE } from '../../../../src/sandbox/ledger/keys.ts';
import { exchangeState } from '../../../../src/sandbox/ledger/sponsorship.ts';
import { LedgerState } from '../../../../src/sandbox/ledger/state.ts';
import type { AccountEntry, AssetString, TrustLineEntry } from '../../../../src/sandbox/ledger/types.ts';

const address = (name: string): string => Keypair.fromRawEd25519Seed(Buffer.alloc(32, name)).publicKey();

export const issuer = address('issuer');
export const traders = ['anna', 'bert', 'carl'].map(address) as [string, string, string];
export const USD: AssetString = `USD:${issuer}`;
export const EUR: AssetString = `EUR:${issuer}`;
export const assets: AssetString[] = [NATIVE, USD, EUR];

export const BASE_RESERVE = 5_000_000n;
const noLiabilities = { buying: 0n, selling: 0n };

export function account(id: string, balance: bigint): AccountEntry {
  return {
    kind: 'account',
    id,
    balance,
    sequence: 1n,
    sequenceLedger: 0,
    sequenceTime: 0n,
    subEntries: 0,
    flags: 0,
    homeDomain: '',
    masterWeight: 1,
    lowThreshold: 0,
    mediumThreshold: 0,
    highThreshold: 0,
    signers: [],
    liabilities: noLiabilities,
    sponsored: 0,
    sponsoring: 0,
    lastModified: 1,
  };
}

export function line(owner: string, asset: AssetString, balance: bigint, limit: bigint): TrustLineEntry {
  return {
    kind: 'trustline',
    account: owner,
    asset,
    balance,
    limit,
    flags: 1,
    liabilities: noLiabilities,
    lastModified: 1,
  };
}

/** Three traders with lumens, dollars and euros; stroops. */
export function market(balance = 10_000n, limit = 100_000n): LedgerState {
  const entries = traders.flatMap((id) => [
    { ...account(id, balance + 50n * BASE_RESERVE), subEntries: 2 },
    line(id, USD, balance, limit),
    line(id, EUR, balance, limit),
  ]);
  return new LedgerState(
    {
      sequence: 2,
      closeTime: 0,
      baseReserve: Number(BASE_RESERVE),
      totalCoins: 10n ** 18n,
      feePool: 0n,
      idPool: 0n,
    },
    [account(issuer, 10n ** 9n), ...entries],
  );
}

const int64 = (value: bigint): xdr.Int64 => xdr.Int64.fromString(value.toString());

export interface OfferWish {
  selling: AssetString;
  buying: AssetString;
  amount: bigint;
  n: number;
  d: number;
  id?: bigint;
}

/** Applies, and rolls back on failure, as the operations framework does. */
export function inTransaction(state: LedgerState, apply: () => OperationOutcome): OperationOutcome {
  const point = state.savepoint();
  const outcome = apply();
  if (!outcome.ok) state.rollback(point);
  return outcome;
}

export function sell(state: LedgerState, source: string, wish: OfferWish): OperationOutcome {
  const op = new xdr.ManageSellOfferOp({
    selling: assetXdr(wish.selling),
    buying: assetXdr(wish.buying),
    amount: int64(wish.amount),
    price: new xdr.Price({ n: wish.n, d: wish.d }),
    offerId: int64(wish.id ?? 0n),
  });
  return inTransaction(state, () => manageSellOffer(exchangeState(state), source, op));
}

export function buy(state: LedgerState, source: string, wish: OfferWish): OperationOutcome {
  const op = new xdr.ManageBuyOfferOp({
    selling: assetXdr(wish.selling),
    buying: assetXdr(wish.buying),
    buyAmount: int64(wish.amount),
    price: new xdr.Price({ n: wish.n, d: wish.d }),
    offerId: int64(wish.id ?? 0n),
  });
  return inTransaction(state, () => manageBuyOffer(exchangeState(state), source, op));
}

/** `manageSellOfferSuccess`, `opExceededWorkLimit`: the innermost code. */
export function codeOf(outcome: OperationOutcome): string {
  const { result } = outcome;
  if (result.switch().name !== 'opInner') return result.switch().name;
  return (result.tr().value() as { switch(): { name: string } }).switch().name;
}
