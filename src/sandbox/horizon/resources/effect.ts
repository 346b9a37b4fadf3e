import { muxedFields } from '../history/envelope.ts';
import type { EffectAt } from '../history/history.ts';
import { isoSeconds } from '../history/time.ts';
import type { Links } from '../links.ts';
import type { PageRecord } from '../page.ts';

export function effectRecord(links: Links, at: EffectAt): PageRecord {
  const { row } = at;
  const token = `${at.operation}-${at.order}`;
  return {
    token,
    json: {
      _links: {
        operation: links.to(`/operations/${at.operation}`),
        succeeds: links.to(`/effects?order=desc&cursor=${token}`),
        precedes: links.to(`/effects?order=asc&cursor=${token}`),
      },
      id: `${at.operation.toString().padStart(19, '0')}-${String(at.order).padStart(10, '0')}`,
      paging_token: token,
      account: row.account,
      ...muxedFields('account', row.muxed),
      type: row.type,
      type_i: row.number,
      created_at: isoSeconds(at.closeTime),
      ...row.details,
    },
  };
}
