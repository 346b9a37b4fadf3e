import type { Context } from 'hono';
import { type Json, pretty } from './json.ts';
import { NOT_ACCEPTABLE, problem } from './problem.ts';

export type Format = 'json' | 'stream' | 'raw';

const FORMATS: Record<string, Format> = {
  'application/hal+json': 'json',
  'application/json': 'json',
  'application/*': 'json',
  '*/*': 'json',
  'text/event-stream': 'stream',
  'application/octet-stream': 'raw',
};

/** The format the client asks for, or 406. Without an Accept header it is JSON. */
export function negotiate(c: Context, offered: Format[]): Format {
  const accept = c.req.header('accept');
  if (accept === undefined || accept.trim() === '') return 'json';
  const wanted = accept.split(',').map((part) => {
    const [type = '', ...parameters] = part.split(';').map((text) => text.trim());
    const q = parameters.find((text) => text.startsWith('q='));
    return { format: FORMATS[type.toLowerCase()], q: q === undefined ? 1 : Number(q.slice(2)) || 0 };
  });
  wanted.sort((a, b) => b.q - a.q);
  const found = wanted.find(({ format, q }) => q > 0 && format !== undefined && offered.includes(format));
  if (found?.format === undefined) throw problem(NOT_ACCEPTABLE);
  return found.format;
}

/** A HAL document as Horizon writes it: indented by two. */
export function hal(body: Json, status = 200): Response {
  return new Response(pretty(body), {
    status,
    headers: { 'content-type': 'application/hal+json; charset=utf-8', 'content-disposition': 'inline' },
  });
}
