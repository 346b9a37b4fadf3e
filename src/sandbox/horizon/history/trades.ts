import { StrKey, type xdr } from '@stellar/stellar-sdk';
import type { EntryChange } from '../../ledger/types.ts';
import { assetOf } from '../assets.ts';
import { changesOf } from './changes.ts';
import { accountOf } from './envelope.ts';
import type { TradeRow } from './rows.ts';

/** Marks an offer id that no offer has: made from the operation's id, for a taker that left no offer behind. */
const SYNTHETIC = 1n << 62n;

interface TradeParts {
  operation: bigint;
  /** who took the offers */
  buyer: string;
  result: xdr.OperationResultTr;
  changes: readonly EntryChange[];
}

function claimsOf(result: xdr.OperationResultTr): { claims: xdr.ClaimAtom[]; ownOffer: bigint | undefined } {
  switch (result.switch().name) {
    case 'pathPaymentStrictReceive':
      return { claims: result.pathPaymentStrictReceiveResult().success().offers(), ownOffer: undefined };
    case 'pathPaymentStrictSend':
      return { claims: result.pathPaymentStrictSendResult().success().offers(), ownOffer: undefined };
    case 'manageSellOffer':
    case 'manageBuyOffer':
    case 'createPassiveSellOffer': {
      const success = (result.value() as xdr.ManageSellOfferResult).success();
      const left = success.offer();
      const exists = left.switch().name !== 'manageOfferDeleted';
      return {
        claims: success.offersClaimed(),
        ownOffer: exists ? left.offer().offerId().toBigInt() : undefined,
      };
    }
    default:
      return { claims: [], ownOffer: undefined };
  }
}

/** The offers an operation crossed, as trades. */
export function tradesOf({ operation, buyer, result, changes }: TradeParts): TradeRow[] {
  const { claims, ownOffer } = claimsOf(result);
  const offers = new Map(changesOf(changes, 'offer').map(({ before }) => [before?.id, before]));
  return claims.flatMap((atom, order): TradeRow[] => {
    if (atom.switch().name === 'claimAtomTypeLiquidityPool') return [];
    const isV0 = atom.switch().name === 'claimAtomTypeV0';
    const claim = isV0 ? atom.v0() : atom.orderBook();
    const seller = isV0
      ? StrKey.encodeEd25519PublicKey(atom.v0().sellerEd25519())
      : accountOf(atom.orderBook().sellerId());
    const sold = claim.amountSold().toBigInt();
    const bought = claim.amountBought().toBigInt();
    if (sold === 0n && bought === 0n) return [];
    const offer = offers.get(claim.offerId().toBigInt());
    return [
      {
        order,
        seller: {
          account: seller,
          offer: claim.offerId().toString(),
          asset: assetOf(claim.assetSold()),
          amount: sold.toString(),
        },
        buyer: {
          account: buyer,
          offer: (ownOffer ?? operation | SYNTHETIC).toString(),
          asset: assetOf(claim.assetBought()),
          amount: bought.toString(),
        },
        priceN: offer?.priceN ?? 0,
        priceD: offer?.priceD ?? 0,
      },
    ];
  });
}
