import type { LedgerReader } from '../../ledger/ports.ts';
import { isoSeconds } from '../history/time.ts';
import type { Fields } from '../json.ts';
import type { Links } from '../links.ts';

const PAGING = 'cursor,limit,order';
const ASSET = (prefix: string) =>
  `${prefix}asset_type={${prefix}asset_type}&${prefix}asset_code={${prefix}asset_code}&${prefix}asset_issuer={${prefix}asset_issuer}`;
const TRADES = `${ASSET('base_')}&${ASSET('counter_')}`;

const TEMPLATES: Record<string, string> = {
  account: '/accounts/{account_id}',
  accounts: `/accounts{?signer,sponsor,asset,liquidity_pool,${PAGING}}`,
  account_transactions: `/accounts/{account_id}/transactions{?${PAGING}}`,
  claimable_balances: `/claimable_balances{?asset,sponsor,claimant,${PAGING}}`,
  assets: `/assets{?asset_code,asset_issuer,${PAGING}}`,
  effects: `/effects{?${PAGING}}`,
  friendbot: '/friendbot{?addr}',
  ledger: '/ledger/{sequence}',
  ledgers: `/ledgers{?${PAGING}}`,
  liquidity_pools: `/liquidity_pools{?reserves,account,${PAGING}}`,
  offer: '/offers/{offer_id}',
  offers: `/offers{?selling,buying,seller,sponsor,${PAGING}}`,
  operation: '/operations/{id}',
  operations: `/operations{?${PAGING},include_failed}`,
  order_book:
    '/order_book{?selling_asset_type,selling_asset_code,selling_asset_issuer,buying_asset_type,buying_asset_code,buying_asset_issuer,limit}',
  payments: `/payments{?${PAGING},include_failed}`,
  strict_receive_paths:
    '/paths/strict-receive{?source_assets,source_account,destination_account,destination_asset_type,destination_asset_issuer,destination_asset_code,destination_amount}',
  strict_send_paths:
    '/paths/strict-send{?destination_account,destination_assets,source_asset_type,source_asset_issuer,source_asset_code,source_amount}',
  trade_aggregations: `/trade_aggregations?${TRADES}`,
  trades: `/trades?${TRADES}`,
  transaction: '/transactions/{hash}',
  transactions: `/transactions{?${PAGING}}`,
};

/** The versions that this sandbox follows. */
const HORIZON_VERSION = '2.18.1-sandbox';
const CORE_VERSION = 'stellar-core 19.0.1 (sandbox)';

export function rootFields(links: Links, reader: LedgerReader, elder: number): Fields {
  const { header, settings } = reader;
  const templates = Object.entries(TEMPLATES).map(([name, path]) => [name, links.template(path)]);
  return {
    _links: { ...Object.fromEntries(templates), fee_stats: links.to('/fee_stats'), self: links.to('/') },
    horizon_version: HORIZON_VERSION,
    core_version: CORE_VERSION,
    ingest_latest_ledger: header.sequence,
    history_latest_ledger: header.sequence,
    history_latest_ledger_closed_at: isoSeconds(header.closeTime),
    history_elder_ledger: elder,
    core_latest_ledger: header.sequence,
    network_passphrase: settings.passphrase,
    current_protocol_version: header.protocolVersion,
    supported_protocol_version: settings.protocolVersion,
    core_supported_protocol_version: settings.protocolVersion,
  };
}
