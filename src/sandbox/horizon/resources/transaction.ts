import type { TransactionAt } from '../history/history.ts';
import { isoSeconds } from '../history/time.ts';
import type { Fields } from '../json.ts';
import type { Links } from '../links.ts';
import type { PageRecord } from '../page.ts';

/**
 * A transaction as Horizon prints it. A fee bump found by the hash of its inner transaction shows that hash and the
 * inner signatures.
 */
export function transactionFields(links: Links, at: TransactionAt, hash = at.row.hash): Fields {
  const { row } = at;
  const self = `/transactions/${hash}`;
  const token = at.key.toString();
  const bump: Fields =
    row.inner === undefined
      ? {}
      : {
          fee_bump_transaction: { hash: row.hash, signatures: row.signatures },
          inner_transaction: row.inner,
        };
  const byInner = row.inner !== undefined && hash === row.inner.hash;
  return {
    _links: {
      self: links.to(self),
      account: links.to(`/accounts/${row.details['source_account']}`),
      ledger: links.to(`/ledgers/${row.ledger}`),
      operations: links.paged(`${self}/operations`),
      effects: links.paged(`${self}/effects`),
      precedes: links.to(`/transactions?order=asc&cursor=${token}`),
      succeeds: links.to(`/transactions?order=desc&cursor=${token}`),
      transaction: links.to(self),
    },
    id: hash,
    paging_token: token,
    successful: row.successful,
    hash,
    ledger: row.ledger,
    created_at: isoSeconds(row.closeTime),
    fee_charged: row.feeCharged,
    ...row.details,
    envelope_xdr: row.envelopeXdr,
    result_xdr: row.resultXdr,
    result_meta_xdr: row.resultMetaXdr,
    fee_meta_xdr: row.feeMetaXdr,
    signatures: byInner ? row.inner?.signatures : row.signatures,
    ...bump,
  };
}

export const transactionRecord = (links: Links, at: TransactionAt): PageRecord => ({
  token: at.key.toString(),
  json: transactionFields(links, at),
});
