import type { Log } from '../kernel/log.ts';
import { type Answer, type HttpOptions, request, retryAfterMs, unavailable } from './http.ts';
import { isObject, type Json, numberAt, parseObject, recordsOf } from './json.ts';

/** A document of Horizon. */
export interface Known {
  json: Json;
  headers: Headers;
}

export interface Missing {
  missing: true;
  /** it is older than what the server keeps (410), as against not there at all */
  gone?: boolean;
  headers: Headers;
}

/** Reading of one server. All throw NETWORK_UNAVAILABLE where nothing definite is known. */
export interface Reader {
  read(path: string): Promise<Known | Missing>;
  /** a document that must be there */
  mustRead(path: string): Promise<Json>;
  /** the records of a page; none where what it belongs to is missing */
  page(path: string): Promise<Json[]>;
}

export function createReader(http: HttpOptions, base: string, log: Log): Reader {
  const read = (path: string): Promise<Known | Missing> => readOne(http, base + path, log);
  return {
    read,
    async mustRead(path) {
      const answer = await read(path);
      if ('missing' in answer) throw unavailable(`it does not know ${path.split('?')[0]}`);
      return answer.json;
    },
    async page(path) {
      const answer = await read(path);
      if ('missing' in answer && answer.gone) throw unavailable('its history does not reach so far back');
      return 'missing' in answer ? [] : recordsOf(answer.json);
    },
  };
}

/**
 * A document, or that it is definitely missing: 404 as problem+json of Horizon's own, never a gateway's page (S10-51).
 *
 * @throws NETWORK_UNAVAILABLE for everything else
 */
async function readOne(http: HttpOptions, url: string, log: Log): Promise<Known | Missing> {
  const answer = await request(http, { url });
  if (answer.status === 200) return { json: parseObject(answer.text), headers: answer.headers };
  if (isProblem(answer, 404, 'not_found')) return { missing: true, headers: answer.headers };
  if (isProblem(answer, 410, 'before_history')) return { missing: true, gone: true, headers: answer.headers };
  const wait = answer.status === 429 ? retryAfterMs(answer.headers, http.clock.now()) : null;
  log.debug('horizon_refused', { status: answer.status, path: new URL(url).pathname });
  throw unavailable(answer.status === 429 ? 'too many requests' : `it answered ${answer.status}`, {
    retryAfterMs: wait,
  });
}

/** Horizon's own word, as against that of something in front of it. */
function isProblem(answer: Answer, status: number, type: string): boolean {
  if (answer.status !== status) return false;
  if (!(answer.headers.get('content-type') ?? '').startsWith('application/problem+json')) return false;
  try {
    const problem = JSON.parse(answer.text) as unknown;
    return isObject(problem) && problem['status'] === status && String(problem['type']).endsWith(type);
  } catch {
    return false;
  }
}

/** `Latest-Ledger`; 0 where it is absent, and that witnesses nothing (R4). */
export function latestLedgerOf(headers: Headers): number {
  const value = headers.get('latest-ledger');
  return value !== null && /^\d{1,10}$/.test(value) ? numberAt({ value }, 'value') : 0;
}
