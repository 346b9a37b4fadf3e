import type { Context } from 'hono';
import type { Fields } from './json.ts';
import { invalidField } from './problem.ts';
import { afterLedger } from './toid.ts';

export interface PageQuery {
  /** as given, `now` resolved; empty without one */
  cursor: string;
  order: 'asc' | 'desc';
  /** 1..200 */
  limit: number;
}

export interface PageRecord {
  token: string;
  json: Fields;
}

const LIMIT_DEFAULT = 10;
const LIMIT_MAX = 200;

function limitOf(text: string | undefined): number {
  if (text === undefined || text === '') return LIMIT_DEFAULT;
  if (!/^[+-]?\d{1,18}$/.test(text)) throw invalidField('limit', 'unparseable value');
  const limit = Number(text);
  if (limit <= 0) throw invalidField('limit', 'invalid limit: non-positive value provided');
  if (limit > LIMIT_MAX) {
    throw invalidField('limit', `invalid limit: value provided that is over limit max of ${LIMIT_MAX}`);
  }
  return limit;
}

/** Reads cursor, order and limit. A Last-Event-ID header wins over the cursor. `latest` is the last closed ledger. */
export function pageQuery(c: Context, latest: number): PageQuery {
  let cursor = c.req.query('cursor') ?? '';
  if (cursor === 'now') cursor = afterLedger(latest).toString();
  cursor = c.req.header('last-event-id') || cursor;
  if (/^-\d{1,18}$/.test(cursor) && Number(cursor) < 0) {
    throw invalidField('cursor', `the cursor ${cursor} is a negative number: `);
  }
  const limit = limitOf(c.req.query('limit'));
  const order = c.req.query('order') || 'asc';
  if (order !== 'asc' && order !== 'desc') throw invalidField('order', 'order: invalid value');
  return { cursor, order, limit };
}

const MAX_INT64 = (1n << 63n) - 1n;

const badCursor = () => invalidField('cursor', 'cursor: invalid value');

/** A cursor into history: an id, or for effects `id-order`; a bare id skips all that belongs to it. */
export function historyCursor(cursor: string): { id: bigint; order: bigint } | null {
  if (cursor === '') return null;
  const match = /^\+?(\d{1,19})(?:-(\d{1,19}))?$/.exec(cursor);
  if (match === null) throw badCursor();
  const id = BigInt(match[1] as string);
  const order = match[2] === undefined ? MAX_INT64 : BigInt(match[2]);
  if (id > MAX_INT64 || order > MAX_INT64) throw badCursor();
  return { id, order };
}

/** The same for pages whose tokens have one part only. */
export function singleCursor(cursor: string): { id: bigint; order: bigint } | null {
  if (cursor.includes('-')) throw badCursor();
  return historyCursor(cursor);
}

/**
 * A page of rows that stand in ascending order. `compare` says where a row stands against the cursor (negative: before
 * it); null takes the page from the start.
 */
export function slice<T>(
  rows: readonly T[],
  page: PageQuery,
  compare: ((row: T) => number) | null,
  include: (row: T) => boolean = () => true,
): T[] {
  const found: T[] = [];
  const ascending = page.order === 'asc';
  const first = (wanted: (place: number) => boolean) => {
    let low = 0;
    let high = rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (wanted(compare === null ? 1 : compare(rows[middle] as T))) high = middle;
      else low = middle + 1;
    }
    return low;
  };
  const step = ascending ? 1 : -1;
  let at = ascending
    ? first((place) => place > 0)
    : compare === null
      ? rows.length - 1
      : first((place) => place >= 0) - 1;
  for (; at >= 0 && at < rows.length && found.length < page.limit; at += step) {
    const row = rows[at] as T;
    if (include(row)) found.push(row);
  }
  return found;
}

/** The HAL page: records with links to itself and its neighbours, all parameters of the request kept. */
export function pageDocument(c: Context, page: PageQuery, records: PageRecord[]): Fields {
  const url = new URL(c.req.url);
  const path = url.pathname.length > 1 ? url.pathname.replace(/\/+$/, '') : url.pathname;
  const link = (cursor: string, order: string) => {
    const parameters = new URLSearchParams(url.search);
    parameters.set('cursor', cursor);
    parameters.set('limit', String(page.limit));
    parameters.set('order', order);
    parameters.sort();
    return { href: `${url.origin}${path}?${parameters}` };
  };
  const inverted = page.order === 'asc' ? 'desc' : 'asc';
  return {
    _links: {
      self: link(page.cursor, page.order),
      next: link(records.at(-1)?.token ?? page.cursor, page.order),
      prev: link(records[0]?.token ?? page.cursor, inverted),
    },
    _embedded: { records: records.map((record) => record.json) },
  };
}
