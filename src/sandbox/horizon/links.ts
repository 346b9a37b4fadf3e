import type { Context } from 'hono';
import type { Fields } from './json.ts';

/** Builds HAL links on the address the client used. */
export interface Links {
  readonly base: string;
  to(path: string): Fields;
  /** a template that takes paging parameters */
  paged(path: string): Fields;
  template(path: string): Fields;
}

export function linksAt(base: string): Links {
  return {
    base,
    to: (path) => ({ href: base + path }),
    paged: (path) => ({ href: `${base}${path}{?cursor,limit,order}`, templated: true }),
    template: (path) => ({ href: base + path, templated: true }),
  };
}

export const linksOf = (c: Context): Links => linksAt(new URL(c.req.url).origin);
