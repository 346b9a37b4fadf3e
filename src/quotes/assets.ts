import type { DeliveryMethod, OffchainAsset } from '../config/project.ts';
import type { Queries } from '../database/port.ts';
import { assetId } from '../kernel/assets.ts';
import { type AssetRow, type QuotesContext, settingsOf } from './context.ts';
import { assetNotOffered, countryInvalid, methodInvalid, pairNotOffered } from './errors.ts';

/** An asset that can be one side of an exchange. */
export type ExchangeAsset = {
  /** SEP-38 id */
  id: string;
  decimals: number;
} & ({ row: AssetRow; offchain: null } | { row: null; offchain: OffchainAsset });

/** The SEP-38 id of a Stellar asset of ours: `stellar:CODE:ISSUER`, `stellar:native`. */
export const onchainId = (row: Pick<AssetRow, 'code' | 'issuer'>): string =>
  assetId({ code: row.code, issuer: row.issuer === '' ? null : row.issuer });

export const onchainAsset = (row: AssetRow): ExchangeAsset => ({
  id: onchainId(row),
  decimals: row.significant_decimals,
  row,
  offchain: null,
});

/** Stellar assets with SEP-38 switched on, oldest first, then those outside of Stellar as anchor.toml has them. */
export async function exchangeAssets(ctx: QuotesContext): Promise<ExchangeAsset[]> {
  const rows = await onchainRows(ctx.db.read);
  return [
    ...rows.map(onchainAsset),
    ...settingsOf(ctx).assets.map((offchain) => ({
      id: offchain.asset,
      decimals: offchain.decimals,
      row: null,
      offchain,
    })),
  ];
}

const onchainRows = (db: Queries): Promise<AssetRow[]> =>
  db
    .selectFrom('assets')
    .selectAll()
    .where('sep38_enabled', '=', 1)
    .orderBy('created_at')
    .orderBy('id')
    .execute();

/** An asset outside of Stellar, with its decimals; null where anchor.toml does not have it. */
export function offchainAssetOf(ctx: Pick<QuotesContext, 'project'>, id: string): ExchangeAsset | null {
  const offchain = settingsOf(ctx).assets.find(({ asset }) => asset === id);
  return offchain === undefined ? null : { id, decimals: offchain.decimals, row: null, offchain };
}

/** Whether the one can be sold for the other: one on Stellar and one outside of it, in a direction that is switched on. */
export function isPair(sell: ExchangeAsset, buy: ExchangeAsset): boolean {
  if (sell.row !== null) return buy.offchain !== null && sell.row.withdrawal_enabled === 1;
  return buy.row !== null && buy.row.deposit_enabled === 1;
}

export interface Pair {
  sell: ExchangeAsset;
  buy: ExchangeAsset;
}

/** @throws QUOTE_ASSET_UNSUPPORTED, QUOTE_PAIR_UNSUPPORTED (400) */
export function pairOf(assets: readonly ExchangeAsset[], sellId: string, buyId: string): Pair {
  const sell = assets.find(({ id }) => id === sellId);
  const buy = assets.find(({ id }) => id === buyId);
  if (sell === undefined) throw assetNotOffered('sell_asset');
  if (buy === undefined) throw assetNotOffered('buy_asset');
  if (!isPair(sell, buy)) throw pairNotOffered();
  return { sell, buy };
}

/** How the side outside of Stellar is handed over, and in which country. */
export interface Delivery {
  sellDeliveryMethod: string | null;
  buyDeliveryMethod: string | null;
  countryCode: string | null;
}

export const NO_DELIVERY: Delivery = Object.freeze({
  sellDeliveryMethod: null,
  buyDeliveryMethod: null,
  countryCode: null,
});

/**
 * Delivery methods and country are those that /info lists (S38-P05 to P07).
 *
 * @param needed a firm quote says the method where there are several to choose from (S38-28)
 * @throws DELIVERY_METHOD_INVALID, COUNTRY_CODE_INVALID (400)
 */
export function checkDelivery({ sell, buy }: Pair, delivery: Delivery, needed: boolean): void {
  if (delivery.sellDeliveryMethod !== null && delivery.buyDeliveryMethod !== null) {
    throw methodInvalid('Only one of sell_delivery_method and buy_delivery_method can be given.');
  }
  const sides = [
    ['sell_delivery_method', delivery.sellDeliveryMethod, sell.offchain?.sellDeliveryMethods],
    ['buy_delivery_method', delivery.buyDeliveryMethod, buy.offchain?.buyDeliveryMethods],
  ] as const;
  for (const [name, given, offered] of sides) checkMethod(name, given, offered, needed);
  checkCountry(sell.offchain ?? buy.offchain, delivery.countryCode);
}

function checkMethod(
  name: string,
  given: string | null,
  offered: readonly DeliveryMethod[] | undefined,
  needed: boolean,
): void {
  const names = (offered ?? []).map((method) => method.name);
  if (given === null) {
    if (needed && names.length > 1) throw methodInvalid(`${name} is required. See /sep38/info.`);
  } else if (!names.includes(given)) {
    throw methodInvalid(`${name} is not one that /sep38/info lists for this asset.`);
  }
}

/** @throws COUNTRY_CODE_INVALID (400) */
export function checkCountry(offchain: OffchainAsset | null, code: string | null): void {
  if (code !== null && !offchain?.countryCodes.includes(code)) throw countryInvalid();
}
