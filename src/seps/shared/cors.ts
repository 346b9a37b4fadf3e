import type { Hono } from 'hono';

/**
 * CORS of the protocol routes (SC-02 to SC-06): any origin, no credentials. The header is part of every answer when the
 * answer is made; a middleware that adds it afterwards halves what node-server can do.
 */
export const CORS = Object.freeze({ 'Access-Control-Allow-Origin': '*' });

const PREFLIGHT = Object.freeze({
  ...CORS,
  'Access-Control-Allow-Methods': 'GET, POST, PUT, PATCH, DELETE, OPTIONS',
  'Access-Control-Allow-Headers': 'Authorization, Content-Type, X-Client-Name, X-Client-Version',
  'Access-Control-Max-Age': '86400',
});

/** The answer to OPTIONS, before and without any authentication (SC-05). */
export const preflight = (): Response => new Response(null, { status: 204, headers: PREFLIGHT });

/** Answers OPTIONS on these paths. */
export function allowPreflight(app: Hono, ...paths: string[]): void {
  for (const path of paths) app.options(path, preflight);
}
