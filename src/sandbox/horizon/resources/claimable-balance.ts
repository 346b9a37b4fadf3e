import { formatFixed } from '../../../kernel/amounts.ts';
import type { ClaimableBalanceEntry } from '../../ledger/types.ts';
import { predicateFields } from '../history/predicate.ts';
import type { Links } from '../links.ts';
import type { PageRecord } from '../page.ts';
import type { ClosedAt } from './account.ts';

export function claimableBalanceRecord(
  links: Links,
  balance: ClaimableBalanceEntry,
  closedAt: ClosedAt,
): PageRecord {
  const self = `/claimable_balances/${balance.id}`;
  const token = `${balance.lastModified}-${balance.id}`;
  return {
    token,
    json: {
      _links: {
        self: links.to(self),
        transactions: links.paged(`${self}/transactions`),
        operations: links.paged(`${self}/operations`),
      },
      id: balance.id,
      asset: balance.asset,
      amount: formatFixed(balance.amount),
      sponsor: balance.sponsor,
      last_modified_ledger: balance.lastModified,
      last_modified_time: closedAt(balance.lastModified) ?? null,
      claimants: balance.claimants.map(({ destination, predicate }) => ({
        destination,
        predicate: predicateFields(predicate),
      })),
      flags: { clawback_enabled: (balance.flags & 1) !== 0 },
      paging_token: token,
    },
  };
}
