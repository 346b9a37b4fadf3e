import { StrKey, type xdr } from '@stellar/stellar-sdk';
import { formatFixed } from '../../../kernel/amounts.ts';
import { assetFields, assetOf } from '../assets.ts';
import type { EffectList } from './effect-list.ts';
import { type Address, accountOf, addressFields } from './envelope.ts';

function sellerOf(atom: xdr.ClaimAtom): string {
  if (atom.switch().name === 'claimAtomTypeV0') {
    return StrKey.encodeEd25519PublicKey(atom.v0().sellerEd25519());
  }
  return accountOf(atom.orderBook().sellerId());
}

/** Two effects for every offer crossed: the buyer's, then the seller's. Pools cannot be crossed here. */
export function addTradeEffects(list: EffectList, buyer: Address, atoms: xdr.ClaimAtom[]): void {
  for (const atom of atoms) {
    if (atom.switch().name === 'claimAtomTypeLiquidityPool') continue;
    const claim = atom.switch().name === 'claimAtomTypeV0' ? atom.v0() : atom.orderBook();
    const sold = claim.amountSold().toBigInt();
    const bought = claim.amountBought().toBigInt();
    if (sold === 0n && bought === 0n) continue;
    const seller = sellerOf(atom);
    const offer_id = claim.offerId().toString();
    const assetSold = assetOf(claim.assetSold());
    const assetBought = assetOf(claim.assetBought());
    list.add(buyer, 'trade', {
      seller,
      offer_id,
      sold_amount: formatFixed(bought),
      ...assetFields(assetBought, 'sold_'),
      bought_amount: formatFixed(sold),
      ...assetFields(assetSold, 'bought_'),
    });
    list.add(seller, 'trade', {
      ...addressFields('seller', buyer),
      offer_id,
      sold_amount: formatFixed(sold),
      ...assetFields(assetSold, 'sold_'),
      bought_amount: formatFixed(bought),
      ...assetFields(assetBought, 'bought_'),
    });
  }
}
