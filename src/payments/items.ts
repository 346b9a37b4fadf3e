import { parseAssetKey } from '../kernel/assets.ts';
import type { KeyPair } from '../stellar/keys.ts';
import type { Claiming, Operation } from '../stellar/operations.ts';
import { keyOf } from '../transfers/assets.ts';
import { accountOf, type Verdict } from './destinations.ts';
import type { Owed } from './rows.ts';

/** One obligation in a transaction: its operations, and the index among them that stands for it in the book. */
export interface Item {
  owed: Owed;
  operations: Operation[];
  /** index in `operations` of the one that pays, or of createAccount where none does yet; always the last */
  marked: number;
  /** what it takes from the source: stroops of XLM beside the fee, and of the asset */
  xlm: bigint;
  asset: { key: string; amount: bigint };
  /** not looked at: it may fail, and delays only others of its kind */
  unseen?: boolean;
  /** keys beside those of source and distribution account that its operations need: our own issuer's */
  signers?: readonly KeyPair[];
}

export interface Sizes {
  /** operations that fit in one transaction */
  operations: number;
  /** stroops, where the asset does not say */
  startingBalance: bigint;
  baseReserve: bigint;
  distribution: string;
  /** our own issuer's key, where it is here */
  issuerKey?: (issuer: string) => KeyPair | null;
}

export type Payable = Extract<Verdict, { how: 'pay' | 'authorize' | 'create' | 'open' | 'claimable' }>;

export function itemFor(owed: Owed, verdict: Payable, sizes: Sizes): Item {
  const destination = owed.obligation.destination ?? '';
  const amount = owed.obligation.amount_units;
  const key = keyOf(owed.asset);
  const asset = parseAssetKey(key);
  const source = sizes.distribution;
  const xlm = key === 'native' ? amount : 0n;
  const payment: Operation = { type: 'payment', source, destination, asset, amount };
  const opened = owed.asset.starting_balance_units ?? sizes.startingBalance;
  const opening = (startingBalance: bigint): Operation => ({
    type: 'createAccount',
    source,
    destination,
    startingBalance,
  });
  switch (verdict.how) {
    case 'pay':
      return { owed, operations: [payment], marked: 0, xlm, asset: { key, amount } };
    case 'authorize':
      return { ...authorized(owed, payment, sizes), marked: 1, xlm, asset: { key, amount } };
    case 'create':
      return { owed, operations: [opening(amount)], marked: 0, xlm: amount, asset: { key, amount } };
    case 'open':
      return {
        owed,
        operations: [opening(opened)],
        marked: 0,
        xlm: opened,
        asset: { key, amount: 0n },
      };
    case 'claimable': {
      const claimants = claimantsOf(owed, sizes);
      const balance: Operation = { type: 'createClaimableBalance', source, asset, amount, claimants };
      return {
        owed,
        operations: verdict.open ? [opening(opened), balance] : [balance],
        marked: verdict.open ? 1 : 0,
        // the creator's reserve, one for each claimant
        xlm: xlm + BigInt(claimants.length) * sizes.baseReserve + (verdict.open ? opened : 0n),
        asset: { key, amount },
      };
    }
  }
}

/** The user at once, and we ourselves after some days, so that nothing lies there for ever. */
function claimantsOf(owed: Owed, sizes: Sizes): Claiming[] {
  const days = owed.asset.reclaim_days ?? 0;
  const user = owed.obligation.destination ?? '';
  return days === 0 ? [user] : [user, { account: sizes.distribution, afterSeconds: days * 86_400 }];
}

function authorized(
  owed: Owed,
  payment: Operation,
  sizes: Sizes,
): Pick<Item, 'owed' | 'operations' | 'signers'> {
  const { code, issuer } = owed.asset;
  const key = sizes.issuerKey?.(issuer) ?? null;
  const trustor = accountOf(owed.obligation.destination ?? '') ?? '';
  const asset = { code, issuer };
  return {
    owed,
    operations: [{ type: 'setTrustLineFlags', source: issuer, trustor, asset, authorized: true }, payment],
    signers: key === null ? [] : [key],
  };
}
