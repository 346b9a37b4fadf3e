import type { Hono } from 'hono';
import type { SepId } from '../../config/project.ts';
import type { AnchorContext } from '../../transfers/context.ts';
import type { Endpoint } from './endpoint.ts';

/** A SEP is a value: server, stellar.toml, doctor and `anchor run` loop over one array of these. */
export interface SepModule {
  /** SEP-2 and SEP-8 are switched on by settings of their own */
  readonly id: SepId | 2 | 8;
  readonly title: string;
  /** keys it adds to stellar.toml, e.g. { WEB_AUTH_ENDPOINT: 'https://…/auth' } */
  toml(ctx: AnchorContext): Record<string, string>;
  /** its HTTP routes, with absolute paths as they are served (`/auth`, `/sep24/info`) */
  routes(ctx: AnchorContext): Hono;
  /** what it answers to whom: for the OpenAPI document, and to check our own answers by */
  readonly endpoints: readonly Endpoint[];
  /** ids of the jobs without which it does not complete */
  readonly jobs: readonly string[];
  /** other SEPs that must be active too */
  readonly needs: readonly SepId[];
}
