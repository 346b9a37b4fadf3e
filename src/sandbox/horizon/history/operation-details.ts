import { SignerKey, type xdr } from '@stellar/stellar-sdk';
import { formatFixed } from '../../../kernel/amounts.ts';
import { assetFields, assetOf } from '../assets.ts';
import type { Fields } from '../json.ts';
import { type Address, accountOf, addressFields, addressOf } from './envelope.ts';
import { ACCOUNT_FLAGS, flagFields, TRUST_LINE_FLAGS } from './flags.ts';
import { openPredicate, predicateFields } from './predicate.ts';
import { priceFields } from './price.ts';

/** What the details of one operation are made from. */
export interface OperationParts {
  source: Address;
  body: xdr.OperationBody;
  /** of a transaction that succeeded */
  result: xdr.OperationResultTr | undefined;
  /** of an end_sponsoring_future_reserves: who began it */
  beginSponsor: Address | undefined;
}

const stroops = (value: xdr.Int64): string => formatFixed(value.toBigInt());
const balanceIdOf = (id: xdr.ClaimableBalanceId): string => id.toXDR('hex');

function offerFields(op: { selling(): xdr.Asset; buying(): xdr.Asset; price(): xdr.Price }): Fields {
  return {
    ...priceFields(op.price().n(), op.price().d()),
    ...assetFields(assetOf(op.buying()), 'buying_'),
    ...assetFields(assetOf(op.selling()), 'selling_'),
  };
}

function pathFields(
  source: Address,
  op: xdr.PathPaymentStrictReceiveOp | xdr.PathPaymentStrictSendOp,
): Fields {
  return {
    ...assetFields(assetOf(op.destAsset())),
    ...addressFields('from', source),
    ...addressFields('to', addressOf(op.destination())),
    path: op.path().map((asset) => assetFields(assetOf(asset))),
    ...assetFields(assetOf(op.sendAsset()), 'source_'),
  };
}

/** What the source of a strict-receive payment spent: the first offers that sold for the send asset, or the amount. */
export function strictReceiveSpent(
  op: xdr.PathPaymentStrictReceiveOp,
  result: xdr.OperationResultTr | undefined,
): bigint {
  if (result === undefined) return 0n;
  const success = result.pathPaymentStrictReceiveResult().success();
  const offers = success.offers();
  if (offers.length === 0) return success.last().amount().toBigInt();
  const sendAsset = assetOf(op.sendAsset());
  let spent = 0n;
  for (const atom of offers) {
    const claim = claimOf(atom);
    if (assetOf(claim.assetBought()) !== sendAsset) break;
    spent += claim.amountBought().toBigInt();
  }
  return spent;
}

export function claimOf(
  atom: xdr.ClaimAtom,
): xdr.ClaimOfferAtom | xdr.ClaimOfferAtomV0 | xdr.ClaimLiquidityAtom {
  switch (atom.switch().name) {
    case 'claimAtomTypeV0':
      return atom.v0();
    case 'claimAtomTypeLiquidityPool':
      return atom.liquidityPool();
    default:
      return atom.orderBook();
  }
}

function setOptionsFields(op: xdr.SetOptionsOp): Fields {
  const signer = op.signer();
  const inflation = op.inflationDest();
  return {
    home_domain: op.homeDomain()?.toString() || undefined,
    inflation_dest: inflation ? accountOf(inflation) : undefined,
    master_key_weight: op.masterWeight() ?? undefined,
    signer_key: signer ? SignerKey.encodeSignerKey(signer.key()) : undefined,
    signer_weight: signer ? signer.weight() : undefined,
    ...flagFields('set', op.setFlags() ?? 0, ACCOUNT_FLAGS),
    ...flagFields('clear', op.clearFlags() ?? 0, ACCOUNT_FLAGS),
    low_threshold: op.lowThreshold() ?? undefined,
    med_threshold: op.medThreshold() ?? undefined,
    high_threshold: op.highThreshold() ?? undefined,
  };
}

export function allowTrustAsset(op: xdr.AllowTrustOp, source: Address): string {
  const code = op.asset().value() as Buffer;
  return `${code.toString('latin1').replace(/\0+$/, '')}:${source.account}`;
}

function ledgerKeyFields(key: xdr.LedgerKey): Fields {
  switch (key.switch().name) {
    case 'account':
      return { account_id: accountOf(key.account().accountId()) };
    case 'claimableBalance':
      return { claimable_balance_id: balanceIdOf(key.claimableBalance().balanceId()) };
    case 'data':
      return {
        data_account_id: accountOf(key.data().accountId()),
        data_name: key.data().dataName().toString(),
      };
    case 'offer':
      return { offer_id: key.offer().offerId().toString() };
    case 'trustline': {
      const asset = key.trustLine().asset();
      const account = accountOf(key.trustLine().accountId());
      if (asset.switch().name === 'assetTypePoolShare') {
        return {
          trustline_account_id: account,
          trustline_liquidity_pool_id: (asset.liquidityPoolId() as unknown as Buffer).toString('hex'),
        };
      }
      return { trustline_account_id: account, trustline_asset: assetOf(asset as unknown as xdr.Asset) };
    }
    default:
      return {};
  }
}

function revokeFields(op: xdr.RevokeSponsorshipOp): Fields {
  if (op.switch().name === 'revokeSponsorshipSigner') {
    return {
      signer_account_id: accountOf(op.signer().accountId()),
      signer_key: SignerKey.encodeSignerKey(op.signer().signerKey()),
    };
  }
  return ledgerKeyFields(op.ledgerKey());
}

function changeTrustFields(op: xdr.ChangeTrustOp, source: Address): Fields {
  const line = op.line();
  const trustor = addressFields('trustor', source);
  const limit = stroops(op.limit());
  if (line.switch().name === 'assetTypePoolShare') {
    return { asset_type: 'liquidity_pool_shares', limit, ...trustor };
  }
  const asset = assetFields(assetOf(line as unknown as xdr.Asset));
  return { ...asset, limit, trustee: asset['asset_issuer'], ...trustor };
}

type Builder = (parts: OperationParts) => Fields;

/** By the XDR name of the operation type. */
const BUILDERS: Record<string, Builder> = {
  createAccount: ({ source, body }) => ({
    starting_balance: stroops(body.createAccountOp().startingBalance()),
    ...addressFields('funder', source),
    account: accountOf(body.createAccountOp().destination()),
  }),
  payment: ({ source, body }) => ({
    ...assetFields(assetOf(body.paymentOp().asset())),
    ...addressFields('from', source),
    ...addressFields('to', addressOf(body.paymentOp().destination())),
    amount: stroops(body.paymentOp().amount()),
  }),
  pathPaymentStrictReceive: ({ source, body, result }) => {
    const op = body.pathPaymentStrictReceiveOp();
    return {
      ...pathFields(source, op),
      amount: stroops(op.destAmount()),
      source_amount: formatFixed(strictReceiveSpent(op, result)),
      source_max: stroops(op.sendMax()),
    };
  },
  pathPaymentStrictSend: ({ source, body, result }) => {
    const op = body.pathPaymentStrictSendOp();
    const last = result?.pathPaymentStrictSendResult().success().last().amount().toBigInt();
    return {
      ...pathFields(source, op),
      amount: formatFixed(last ?? 0n),
      source_amount: stroops(op.sendAmount()),
      destination_min: stroops(op.destMin()),
    };
  },
  manageSellOffer: ({ body }) => ({
    amount: stroops(body.manageSellOfferOp().amount()),
    ...offerFields(body.manageSellOfferOp()),
    offer_id: body.manageSellOfferOp().offerId().toString(),
  }),
  manageBuyOffer: ({ body }) => ({
    amount: stroops(body.manageBuyOfferOp().buyAmount()),
    ...offerFields(body.manageBuyOfferOp()),
    offer_id: body.manageBuyOfferOp().offerId().toString(),
  }),
  createPassiveSellOffer: ({ body }) => ({
    amount: stroops(body.createPassiveSellOfferOp().amount()),
    ...offerFields(body.createPassiveSellOfferOp()),
  }),
  setOptions: ({ body }) => setOptionsFields(body.setOptionsOp()),
  changeTrust: ({ source, body }) => changeTrustFields(body.changeTrustOp(), source),
  allowTrust: ({ source, body }) => {
    const op = body.allowTrustOp();
    return {
      ...assetFields(allowTrustAsset(op, source)),
      ...addressFields('trustee', source),
      trustor: accountOf(op.trustor()),
      authorize: (op.authorize() & 1) !== 0,
      authorize_to_maintain_liabilities: (op.authorize() & 3) !== 0,
    };
  },
  accountMerge: ({ source, body }) => ({
    ...addressFields('account', source),
    ...addressFields('into', addressOf(body.destination())),
  }),
  inflation: () => ({}),
  manageData: ({ body }) => ({
    name: body.manageDataOp().dataName().toString(),
    value: body.manageDataOp().dataValue()?.toString('base64') ?? '',
  }),
  bumpSequence: ({ body }) => ({ bump_to: body.bumpSequenceOp().bumpTo().toString() }),
  createClaimableBalance: ({ body }) => {
    const op = body.createClaimableBalanceOp();
    return {
      asset: assetOf(op.asset()),
      amount: stroops(op.amount()),
      claimants: op.claimants().map((claimant) => ({
        destination: accountOf(claimant.v0().destination()),
        predicate: predicateFields(openPredicate(claimant.v0().predicate())),
      })),
    };
  },
  claimClaimableBalance: ({ source, body }) => ({
    balance_id: balanceIdOf(body.claimClaimableBalanceOp().balanceId()),
    ...addressFields('claimant', source),
  }),
  beginSponsoringFutureReserves: ({ body }) => ({
    sponsored_id: accountOf(body.beginSponsoringFutureReservesOp().sponsoredId()),
  }),
  endSponsoringFutureReserves: ({ beginSponsor }) =>
    beginSponsor === undefined ? {} : addressFields('begin_sponsor', beginSponsor),
  revokeSponsorship: ({ body }) => revokeFields(body.revokeSponsorshipOp()),
  clawback: ({ body }) => ({
    ...assetFields(assetOf(body.clawbackOp().asset())),
    ...addressFields('from', addressOf(body.clawbackOp().from())),
    amount: stroops(body.clawbackOp().amount()),
  }),
  clawbackClaimableBalance: ({ body }) => ({
    balance_id: balanceIdOf(body.clawbackClaimableBalanceOp().balanceId()),
  }),
  setTrustLineFlags: ({ body }) => {
    const op = body.setTrustLineFlagsOp();
    return {
      ...assetFields(assetOf(op.asset())),
      trustor: accountOf(op.trustor()),
      ...flagFields('set', op.setFlags(), TRUST_LINE_FLAGS),
      ...flagFields('clear', op.clearFlags(), TRUST_LINE_FLAGS),
    };
  },
};

/** The fields that belong to the type of an operation. Pools and contracts never get into a ledger here. */
export function operationDetails(parts: OperationParts): Fields {
  return BUILDERS[parts.body.switch().name]?.(parts) ?? {};
}
