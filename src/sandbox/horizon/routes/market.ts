import type { Context } from 'hono';
import { formatFixed, parseAmount } from '../../../kernel/amounts.ts';
import type { AssetString } from '../../ledger/types.ts';
import { assetFields } from '../assets.ts';
import { type Horizon, object, page, streamableObject } from '../handlers.ts';
import type { TradeAt } from '../history/history.ts';
import type { Fields } from '../json.ts';
import type { Links } from '../links.ts';
import { historyCursor, type PageQuery, type PageRecord, pageQuery, slice } from '../page.ts';
import {
  ASSET_RULE,
  accountParam,
  accountQuery,
  assetTriple,
  isAssetString,
  positiveInteger,
  query,
} from '../params.ts';
import { type Path, strictReceivePaths, strictSendPaths } from '../paths.ts';
import { badRequest, invalidField, missing, problem } from '../problem.ts';
import { orderBook } from '../resources/order-book.ts';
import { tradeRecord } from '../resources/trade.ts';
import { effectKey } from '../toid.ts';
import { checkWithinHistory } from './history-pages.ts';

const invalidOrderBook = () =>
  problem({
    type: 'invalid_order_book',
    title: 'Invalid Order Book Parameters',
    status: 400,
    detail:
      'The parameters that specify what order book to view are invalid in some way. Please ensure that your type parameters ' +
      '(selling_asset_type and buying_asset_type) are one the following valid values: native, credit_alphanum4, ' +
      'credit_alphanum12.  Also ensure that you have specified selling_asset_code and selling_asset_issuer if ' +
      "selling_asset_type is not 'native', as well as buying_asset_code and buying_asset_issuer if buying_asset_type is not 'native'",
  });

const BOOK_LEVELS = 20;

function orderBookRoute(horizon: Horizon): void {
  const { ledger } = horizon.network;
  streamableObject(horizon, '/order_book', (c) => {
    let pair: [AssetString | undefined, AssetString | undefined];
    try {
      pair = [assetTriple(c, 'selling_'), assetTriple(c, 'buying_')];
      pageQuery(c, ledger.header.sequence);
    } catch {
      throw invalidOrderBook();
    }
    const [selling, buying] = pair;
    if (selling === undefined || buying === undefined) throw invalidOrderBook();
    const limit = Number(query(c, 'limit') ?? BOOK_LEVELS);
    return () => orderBook(ledger, selling, buying, limit);
  });
}

function assetList(c: Context, field: string): AssetString[] | undefined {
  const text = query(c, field);
  if (text === undefined) return undefined;
  const assets = text.split(',').map((asset) => asset.trim());
  if (assets.length > 15) throw invalidField(field, 'list of assets exceeds maximum length of 15');
  if (!assets.every(isAssetString)) throw invalidField(field, ASSET_RULE);
  return assets;
}

function amountQuery(c: Context, field: string): bigint {
  try {
    const amount = parseAmount(query(c, field));
    if (amount > 0n) return amount;
  } catch {
    // said below
  }
  throw invalidField(field, 'Amount must be positive');
}

function requiredAsset(c: Context, prefix: string): AssetString {
  const asset = assetTriple(c, prefix);
  if (asset === undefined) {
    throw invalidField(
      `${prefix}asset_type`,
      'Asset type must be native, credit_alphanum4 or credit_alphanum12',
    );
  }
  return asset;
}

const pathFields = (path: Path): Fields => ({
  ...assetFields(path.source, 'source_'),
  source_amount: formatFixed(path.sourceAmount),
  ...assetFields(path.destination, 'destination_'),
  destination_amount: formatFixed(path.destinationAmount),
  path: path.hops.map((asset) => assetFields(asset)),
});

const pathPage = (paths: Path[]): Fields => ({ _embedded: { records: paths.map(pathFields) } });

/** What an account holds, and how much. */
function holdings(horizon: Horizon, account: string): Map<AssetString, bigint> {
  const { ledger } = horizon.network;
  const held = new Map(ledger.trustlinesOf(account).map(({ asset, balance }) => [asset, balance]));
  const native = ledger.account(account)?.balance;
  if (native !== undefined) held.set('native', native);
  return held;
}

function pathRoutes(horizon: Horizon): void {
  const { ledger } = horizon.network;
  const receive = (c: Context) => {
    const account = accountQuery(c, 'source_account');
    const assets = assetList(c, 'source_assets');
    const destination = requiredAsset(c, 'destination_');
    const amount = amountQuery(c, 'destination_amount');
    if ((account === undefined) === (assets === undefined)) {
      throw badRequest(
        'The request requires either a list of source assets or a source account. Both fields cannot be present.',
      );
    }
    return () => {
      const sources: Map<AssetString, bigint | null> =
        account === undefined
          ? new Map((assets ?? []).map((asset) => [asset, null]))
          : new Map(holdings(horizon, account));
      return pathPage(strictReceivePaths(ledger, destination, amount, sources, account));
    };
  };
  object(horizon, '/paths', receive);
  object(horizon, '/paths/strict-receive', receive);
  object(horizon, '/paths/strict-send', (c) => {
    const account = accountQuery(c, 'destination_account');
    const assets = assetList(c, 'destination_assets');
    const source = requiredAsset(c, 'source_');
    const amount = amountQuery(c, 'source_amount');
    if ((account === undefined) === (assets === undefined)) {
      throw badRequest(
        'The request requires either a list of destination assets or a destination account. Both fields cannot be present.',
      );
    }
    return () => {
      const destinations = new Set(account === undefined ? assets : holdings(horizon, account).keys());
      return pathPage(strictSendPaths(ledger, source, amount, destinations));
    };
  });
}

type Trades = (c: Context) => () => readonly TradeAt[];

function tradePage(horizon: Horizon, path: string, find: Trades): void {
  page(horizon, path, (c, links: Links) => {
    const trades = find(c);
    return (at: PageQuery): PageRecord[] => {
      const cursor = historyCursor(at.cursor);
      checkWithinHistory(horizon.network, at, cursor?.id);
      const key = cursor === null ? 0n : effectKey(cursor.id, cursor.order);
      const place = (row: TradeAt) => (row.key < key ? -1 : row.key > key ? 1 : 0);
      return slice(trades(), at, cursor === null ? null : place).map((row) => tradeRecord(links, row));
    };
  });
}

const ofOffer = (id: string) => (trade: TradeAt) =>
  trade.row.seller.offer === id || trade.row.buyer.offer === id;

function offerParam(text: string): string {
  const id = positiveInteger(text);
  if (id === null) throw invalidField('offer_id', 'Offer ID must be an integer higher than 0');
  return id.toString();
}

function tradeRoutes(horizon: Horizon): void {
  const { network } = horizon;
  tradePage(horizon, '/trades', (c) => {
    const [one, other] = [assetTriple(c, 'base_'), assetTriple(c, 'counter_')];
    if ((one === undefined) !== (other === undefined)) {
      throw invalidField(one === undefined ? 'base_asset_type' : 'counter_asset_type', 'Missing parameter');
    }
    const offer = query(c, 'offer_id');
    const matchesOffer = offer === undefined ? () => true : ofOffer(offerParam(offer));
    const matchesPair = ({ row }: TradeAt) => {
      const pair = [row.seller.asset, row.buyer.asset];
      return one === undefined || (pair.includes(one) && pair.includes(other as string));
    };
    return () => network.history.all.trades.filter((trade) => matchesOffer(trade) && matchesPair(trade));
  });
  tradePage(horizon, '/accounts/:account_id/trades', (c) => {
    const id = accountParam(c.req.param('account_id') ?? '');
    return () => {
      const chapter = network.history.account(id);
      if (chapter === undefined) throw missing();
      return chapter.trades;
    };
  });
  tradePage(horizon, '/offers/:offer_id/trades', (c) => {
    const matches = ofOffer(offerParam(c.req.param('offer_id') ?? ''));
    return () => network.history.all.trades.filter(matches);
  });
}

export function marketRoutes(horizon: Horizon): void {
  orderBookRoute(horizon);
  pathRoutes(horizon);
  tradeRoutes(horizon);
}
