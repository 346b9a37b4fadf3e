import type * as Sdk from '@stellar/stellar-sdk';
import { formatFixed } from '../kernel/amounts.ts';
import type { StellarAsset } from '../kernel/assets.ts';
import { badInput } from '../kernel/errors.ts';
import type { SdkCore } from './sdk.ts';

/** The operations that an anchor, its set-up and its wallets use. All amounts are in stroops. */
export type Operation = { source?: string } & (
  | { type: 'createAccount'; destination: string; startingBalance: bigint }
  /** `destination` may be `M…` */
  | { type: 'payment'; destination: string; asset: StellarAsset; amount: bigint }
  | {
      type: 'pathPaymentStrictSend';
      sendAsset: StellarAsset;
      sendAmount: bigint;
      destination: string;
      asset: StellarAsset;
      minimum: bigint;
      path?: readonly StellarAsset[];
    }
  | {
      type: 'pathPaymentStrictReceive';
      sendAsset: StellarAsset;
      maximum: bigint;
      destination: string;
      asset: StellarAsset;
      amount: bigint;
      path?: readonly StellarAsset[];
    }
  | { type: 'createClaimableBalance'; asset: StellarAsset; amount: bigint; claimants: readonly Claiming[] }
  | { type: 'claimClaimableBalance'; balanceId: string }
  /** `limit` 0n removes the trustline; default: the largest */
  | { type: 'changeTrust'; asset: StellarAsset; limit?: bigint }
  | { type: 'setOptions'; options: AccountOptions }
  | { type: 'setTrustLineFlags'; trustor: string; asset: StellarAsset; authorized: boolean }
  | { type: 'manageData'; name: string; value: string | Buffer | null }
  | { type: 'accountMerge'; destination: string }
  | { type: 'beginSponsoring'; sponsored: string }
  | { type: 'endSponsoring' }
);

/** Who may claim a balance: `G…` without conditions, or only so many seconds after its creation. */
export type Claiming = string | { account: string; afterSeconds: number };

export interface AccountOptions {
  homeDomain?: string;
  masterWeight?: number;
  lowThreshold?: number;
  mediumThreshold?: number;
  highThreshold?: number;
  /** an ed25519 signer; weight 0 removes it */
  signer?: { key: string; weight: number };
  setFlags?: number;
  clearFlags?: number;
}

/** @throws whatever the SDK throws for values that it refuses */
export function toXdr(sdk: SdkCore, operation: Operation): Sdk.xdr.Operation {
  const common = operation.source === undefined ? {} : { source: operation.source };
  switch (operation.type) {
    case 'createAccount':
      return sdk.Operation.createAccount({
        ...common,
        destination: operation.destination,
        startingBalance: amountOf(operation.startingBalance),
      });
    case 'payment':
      return sdk.Operation.payment({
        ...common,
        destination: operation.destination,
        asset: assetOf(sdk, operation.asset),
        amount: amountOf(operation.amount),
      });
    case 'pathPaymentStrictSend':
    case 'pathPaymentStrictReceive':
      return pathPayment(sdk, operation, common);
    case 'createClaimableBalance':
      return sdk.Operation.createClaimableBalance({
        ...common,
        asset: assetOf(sdk, operation.asset),
        amount: amountOf(operation.amount),
        claimants: operation.claimants.map((one) => claimantOf(sdk, one)),
      });
    case 'claimClaimableBalance':
      return sdk.Operation.claimClaimableBalance({ ...common, balanceId: operation.balanceId });
    case 'changeTrust':
      return sdk.Operation.changeTrust({
        ...common,
        asset: assetOf(sdk, operation.asset),
        ...(operation.limit === undefined ? {} : { limit: amountOf(operation.limit) }),
      });
    case 'setOptions':
      return sdk.Operation.setOptions({ ...common, ...optionsOf(operation.options) });
    default:
      return rareOperation(sdk, operation, common);
  }
}

function claimantOf(sdk: SdkCore, one: Claiming): Sdk.Claimant {
  if (typeof one === 'string') return new sdk.Claimant(one);
  const { Claimant } = sdk;
  const before = Claimant.predicateBeforeRelativeTime(String(one.afterSeconds));
  return new Claimant(one.account, Claimant.predicateNot(before));
}

type Common = { source?: string };
type Of<T extends Operation['type']> = Extract<Operation, { type: T }>;

function pathPayment(
  sdk: SdkCore,
  operation: Of<'pathPaymentStrictSend'> | Of<'pathPaymentStrictReceive'>,
  common: Common,
): Sdk.xdr.Operation {
  const shared = {
    ...common,
    sendAsset: assetOf(sdk, operation.sendAsset),
    destination: operation.destination,
    destAsset: assetOf(sdk, operation.asset),
    path: (operation.path ?? []).map((asset) => assetOf(sdk, asset)),
  };
  return operation.type === 'pathPaymentStrictSend'
    ? sdk.Operation.pathPaymentStrictSend({
        ...shared,
        sendAmount: amountOf(operation.sendAmount),
        destMin: amountOf(operation.minimum),
      })
    : sdk.Operation.pathPaymentStrictReceive({
        ...shared,
        sendMax: amountOf(operation.maximum),
        destAmount: amountOf(operation.amount),
      });
}

function rareOperation(
  sdk: SdkCore,
  operation: Of<'setTrustLineFlags' | 'manageData' | 'accountMerge' | 'beginSponsoring' | 'endSponsoring'>,
  common: Common,
): Sdk.xdr.Operation {
  switch (operation.type) {
    case 'setTrustLineFlags':
      return sdk.Operation.setTrustLineFlags({
        ...common,
        trustor: operation.trustor,
        asset: assetOf(sdk, operation.asset),
        flags: { authorized: operation.authorized },
      });
    case 'manageData':
      return sdk.Operation.manageData({ ...common, name: operation.name, value: operation.value });
    case 'accountMerge':
      return sdk.Operation.accountMerge({ ...common, destination: operation.destination });
    case 'beginSponsoring':
      return sdk.Operation.beginSponsoringFutureReserves({ ...common, sponsoredId: operation.sponsored });
    case 'endSponsoring':
      return sdk.Operation.endSponsoringFutureReserves(common);
  }
}

function optionsOf(options: AccountOptions): Parameters<typeof Sdk.Operation.setOptions>[0] {
  return {
    ...(options.homeDomain === undefined ? {} : { homeDomain: options.homeDomain }),
    ...(options.masterWeight === undefined ? {} : { masterWeight: options.masterWeight }),
    ...(options.lowThreshold === undefined ? {} : { lowThreshold: options.lowThreshold }),
    ...(options.mediumThreshold === undefined ? {} : { medThreshold: options.mediumThreshold }),
    ...(options.highThreshold === undefined ? {} : { highThreshold: options.highThreshold }),
    ...(options.setFlags === undefined ? {} : { setFlags: options.setFlags as Sdk.AuthFlag }),
    ...(options.clearFlags === undefined ? {} : { clearFlags: options.clearFlags as Sdk.AuthFlag }),
    ...(options.signer === undefined
      ? {}
      : { signer: { ed25519PublicKey: options.signer.key, weight: options.signer.weight } }),
  } as Parameters<typeof Sdk.Operation.setOptions>[0];
}

/** Seven decimals, as the SDK wants amounts. */
function amountOf(units: bigint): string {
  if (units < 0n) throw badInput('AMOUNT_NOT_POSITIVE', 'An amount cannot be negative.');
  return formatFixed(units);
}

const assets = new Map<string, Sdk.Asset>();

/** The SDK checks the issuer each time: a batch pays one asset a hundred times. */
function assetOf(sdk: SdkCore, asset: StellarAsset): Sdk.Asset {
  if (asset.issuer === null) return sdk.Asset.native();
  const key = `${asset.code}:${asset.issuer}`;
  const known = assets.get(key);
  if (known !== undefined) return known;
  const made = new sdk.Asset(asset.code, asset.issuer);
  if (assets.size < 1_000) assets.set(key, made);
  return made;
}
