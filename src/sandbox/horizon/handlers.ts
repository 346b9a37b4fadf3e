import type { Context, Hono } from 'hono';
import type { Fields } from './json.ts';
import { type Links, linksOf } from './links.ts';
import type { Network } from './network.ts';
import { type PageQuery, type PageRecord, pageDocument, pageQuery } from './page.ts';
import { hal, negotiate } from './render.ts';
import type { Streams } from './sse.ts';
import type { Submissions } from './submissions.ts';

/** What the routes share. */
export interface Horizon {
  app: Hono;
  network: Network;
  streams: Streams;
  submissions: Submissions;
}

/** Reads the request once; what it returns makes the same page again for another cursor. */
export type PagePlan = (c: Context, links: Links) => (page: PageQuery) => PageRecord[];
export type ObjectPlan = (c: Context, links: Links) => () => Fields;

/** Routes by path, so that other methods on them answer 405. */
function get(horizon: Horizon, path: string, handle: (c: Context) => Response | Promise<Response>): void {
  horizon.app.get(path, handle);
}

export function page(horizon: Horizon, path: string, plan: PagePlan, streamable = true): void {
  get(horizon, path, (c) => {
    const format = negotiate(c, streamable ? ['json', 'stream'] : ['json']);
    const latest = horizon.network.ledger.header.sequence;
    const first = pageQuery(c, latest);
    const read = plan(c, linksOf(c));
    if (format !== 'stream') return hal(pageDocument(c, first, read(first)));
    let cursor = first.cursor;
    return horizon.streams.serve(c, horizon.network, first.limit, () => {
      const records = read({ ...first, cursor });
      cursor = records.at(-1)?.token ?? cursor;
      return records.map(({ token, json }) => ({ id: token, data: json }));
    });
  });
}

export function object(horizon: Horizon, path: string, plan: ObjectPlan): void {
  get(horizon, path, (c) => {
    negotiate(c, ['json']);
    return hal(plan(c, linksOf(c))());
  });
}

const OBJECT_STREAM_LIMIT = 10;

/** An object that is sent again whenever a ledger changed it. */
export function streamableObject(horizon: Horizon, path: string, plan: ObjectPlan): void {
  get(horizon, path, (c) => {
    const format = negotiate(c, ['json', 'stream']);
    const read = plan(c, linksOf(c));
    if (format !== 'stream') return hal(read());
    let last = '';
    return horizon.streams.serve(c, horizon.network, OBJECT_STREAM_LIMIT, () => {
      const data = read();
      const text = JSON.stringify(data);
      if (text === last) return [];
      last = text;
      return [{ data }];
    });
  });
}
