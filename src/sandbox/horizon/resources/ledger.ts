import { formatFixed } from '../../../kernel/amounts.ts';
import type { LedgerRow } from '../history/rows.ts';
import { isoSeconds } from '../history/time.ts';
import type { Fields } from '../json.ts';
import type { Links } from '../links.ts';
import type { PageRecord } from '../page.ts';
import { toid } from '../toid.ts';

export function ledgerFields(links: Links, row: LedgerRow): Fields {
  const { header } = row;
  const self = `/ledgers/${header.sequence}`;
  return {
    _links: {
      self: links.to(self),
      transactions: links.paged(`${self}/transactions`),
      operations: links.paged(`${self}/operations`),
      payments: links.paged(`${self}/payments`),
      effects: links.paged(`${self}/effects`),
    },
    id: header.hash,
    paging_token: toid(header.sequence).toString(),
    hash: header.hash,
    prev_hash: header.previousHash || undefined,
    sequence: header.sequence,
    successful_transaction_count: row.successfulCount,
    failed_transaction_count: row.failedCount,
    operation_count: row.operationCount,
    tx_set_operation_count: row.txSetOperationCount,
    closed_at: isoSeconds(header.closeTime),
    total_coins: formatFixed(header.totalCoins),
    fee_pool: formatFixed(header.feePool),
    base_fee_in_stroops: header.baseFee,
    base_reserve_in_stroops: header.baseReserve,
    max_tx_set_size: header.maxTxSetSize,
    protocol_version: header.protocolVersion,
    header_xdr: header.headerXdr,
  };
}

export const ledgerRecord = (links: Links, row: LedgerRow): PageRecord => ({
  token: toid(row.header.sequence).toString(),
  json: ledgerFields(links, row),
});
