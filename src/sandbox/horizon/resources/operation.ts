import { muxedFields } from '../history/envelope.ts';
import type { OperationAt } from '../history/history.ts';
import { isoSeconds } from '../history/time.ts';
import type { Fields } from '../json.ts';
import type { Links } from '../links.ts';
import type { PageRecord } from '../page.ts';
import { toid } from '../toid.ts';
import { transactionFields } from './transaction.ts';

/** An operation, with its transaction inside for `join=transactions`. */
export function operationFields(links: Links, at: OperationAt, join: boolean): Fields {
  const { row, transaction } = at;
  const id = at.key.toString();
  const joined: Fields = join
    ? {
        transaction: transactionFields(links, {
          key: toid(transaction.ledger, transaction.order),
          row: transaction,
        }),
      }
    : {};
  return {
    _links: {
      self: links.to(`/operations/${id}`),
      transaction: links.to(`/transactions/${transaction.hash}`),
      effects: links.to(`/operations/${id}/effects`),
      succeeds: links.to(`/effects?order=desc&cursor=${id}`),
      precedes: links.to(`/effects?order=asc&cursor=${id}`),
    },
    id,
    paging_token: id,
    transaction_successful: transaction.successful,
    source_account: row.source,
    ...muxedFields('source_account', row.muxed),
    type: row.type,
    type_i: row.number,
    created_at: isoSeconds(transaction.closeTime),
    transaction_hash: transaction.hash,
    ...joined,
    ...row.details,
  };
}

export const operationRecord = (links: Links, at: OperationAt, join: boolean): PageRecord => ({
  token: at.key.toString(),
  json: operationFields(links, at, join),
});
