import type { EffectAt, OperationAt, TransactionAt } from '../history/history.ts';
import type { Links } from '../links.ts';
import type { Network } from '../network.ts';
import { historyCursor, type PageQuery, type PageRecord, singleCursor, slice } from '../page.ts';
import { BEFORE_HISTORY, problem } from '../problem.ts';
import { effectRecord } from '../resources/effect.ts';
import { operationRecord } from '../resources/operation.ts';
import { transactionRecord } from '../resources/transaction.ts';
import { effectKey, toid } from '../toid.ts';

/** Descending from before all history cannot find anything, ever: 410. */
export function checkWithinHistory(network: Network, page: PageQuery, id: bigint | undefined): void {
  if (page.order === 'desc' && id !== undefined && id <= toid(network.history.elder)) {
    throw problem(BEFORE_HISTORY);
  }
}

const order = (key: bigint, cursor: bigint): number => (key < cursor ? -1 : key > cursor ? 1 : 0);

function pageOf<T extends { key: bigint }>(
  network: Network,
  page: PageQuery,
  rows: readonly T[],
  include: (row: T) => boolean,
): T[] {
  const cursor = singleCursor(page.cursor);
  checkWithinHistory(network, page, cursor?.id);
  return slice(rows, page, cursor === null ? null : (row) => order(row.key, cursor.id), include);
}

export function transactionPage(
  network: Network,
  links: Links,
  page: PageQuery,
  rows: readonly TransactionAt[],
  failed: boolean,
): PageRecord[] {
  const found = pageOf(network, page, rows, ({ row }) => failed || row.successful);
  return found.map((at) => transactionRecord(links, at));
}

export function operationPage(
  network: Network,
  links: Links,
  page: PageQuery,
  rows: readonly OperationAt[],
  options: { failed: boolean; join: boolean },
): PageRecord[] {
  const found = pageOf(network, page, rows, (at) => options.failed || at.transaction.successful);
  return found.map((at) => operationRecord(links, at, options.join));
}

export function effectPage(
  network: Network,
  links: Links,
  page: PageQuery,
  rows: readonly EffectAt[],
): PageRecord[] {
  const cursor = historyCursor(page.cursor);
  checkWithinHistory(network, page, cursor?.id);
  const key = cursor === null ? 0n : effectKey(cursor.id, cursor.order);
  const found = slice(rows, page, cursor === null ? null : (row) => order(row.key, key));
  return found.map((at) => effectRecord(links, at));
}
