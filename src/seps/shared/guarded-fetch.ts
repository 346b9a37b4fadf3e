import { lookup } from 'node:dns/promises';
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { Readable } from 'node:stream';
import { AnchorError } from '../../kernel/errors.ts';
import type { Fetch } from '../../stellar/port.ts';
import type { AnchorContext } from '../../transfers/context.ts';
import { isLoopbackHost, isPublicAddress } from './addresses.ts';

/** The guarded fetch of an anchor: loopback over plain http in local mode, other ports than 443 off the public network. */
export function guardedFetchFor({ localMode, network }: AnchorContext['project']): Fetch {
  return createGuardedFetch({
    allowLoopback: localMode && network.name !== 'public',
    allowPorts: network.name !== 'public',
  });
}

export const guardedFetchOf = (ctx: AnchorContext): Fetch => ctx.guardedFetch ?? guardedFetchFor(ctx.project);

export interface GuardedFetchOptions {
  /** http to a loopback host is allowed: local mode, never on the public network */
  allowLoopback: boolean;
  /** ports other than 443; default: as allowLoopback */
  allowPorts?: boolean;
  /** all addresses of a host; for tests */
  resolve?: (hostname: string) => Promise<string[]>;
}

const refused = (reason: string): AnchorError =>
  new AnchorError({
    code: 'ADDRESS_REFUSED',
    message: `This address is not fetched: ${reason}.`,
    httpStatus: 400,
  });

const systemResolve = async (hostname: string): Promise<string[]> =>
  (await lookup(hostname, { all: true })).map((entry) => entry.address);

/**
 * A fetch for addresses that strangers name: client_domain files and callbacks (S1-33, SC-40). https only, no credentials, no
 * redirects (a 3xx is an answer like any other). The name is resolved once, every address it has must be public, and the
 * connection goes to the address that was checked, so that a second look-up cannot lead elsewhere. Time and size limits are
 * the caller's (`init.signal`).
 *
 * @throws ADDRESS_REFUSED (400), or whatever the connection failed with
 */
export function createGuardedFetch(options: GuardedFetchOptions): Fetch {
  const resolve = options.resolve ?? systemResolve;
  return async (input, init = {}) => {
    const url = parse(input);
    const local = options.allowLoopback && isLoopbackHost(url.hostname);
    if (url.protocol !== 'https:' && !(local && url.protocol === 'http:')) throw refused('it is not https');
    if (url.username !== '' || url.password !== '') throw refused('it carries credentials');
    if (url.port !== '' && !local && !(options.allowPorts ?? options.allowLoopback))
      throw refused('it names a port');
    const address = await pinnedAddress(url, local, resolve);
    return connect(url, address, init);
  };
}

function parse(input: string): URL {
  try {
    return new URL(input);
  } catch {
    throw refused('it is no URL');
  }
}

async function pinnedAddress(
  url: URL,
  local: boolean,
  resolve: (hostname: string) => Promise<string[]>,
): Promise<string> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const addresses = isIP(host) !== 0 ? [host] : await resolve(host);
  const [first] = addresses;
  if (first === undefined) throw refused('its name has no address');
  const good = (address: string): boolean => (local ? isLoopbackHost(address) : isPublicAddress(address));
  if (!addresses.every(good)) throw refused('it leads into a private network');
  return first;
}

/** A connection of its own to one address; the certificate is checked against the name. */
function connect(url: URL, address: string, init: RequestInit): Promise<Response> {
  const secure = url.protocol === 'https:';
  const headers = Object.fromEntries(new Headers(init.headers));
  const body = typeof init.body === 'string' ? Buffer.from(init.body) : undefined;
  const options: RequestOptions & { servername?: string } = {
    host: address,
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    path: url.pathname + url.search,
    method: init.method ?? 'GET',
    headers: {
      ...headers,
      host: url.host,
      'accept-encoding': 'identity',
      ...(body === undefined ? {} : { 'content-length': body.length }),
    },
    agent: false,
    ...(secure && isIP(url.hostname.replace(/^\[|\]$/g, '')) === 0 ? { servername: url.hostname } : {}),
    ...(init.signal == null ? {} : { signal: init.signal }),
  };
  return new Promise((done, failed) => {
    const request = (secure ? httpsRequest : httpRequest)(options, (answer) => done(toResponse(answer)));
    request.once('error', failed);
    request.end(body);
  });
}

function toResponse(answer: IncomingMessage): Response {
  const headers = new Headers();
  for (const [name, value] of Object.entries(answer.headers)) {
    for (const one of Array.isArray(value) ? value : [value ?? '']) headers.append(name, one);
  }
  const status = answer.statusCode ?? 502;
  const empty = status === 204 || status === 205 || status === 304 || status < 200;
  if (empty) answer.resume();
  const stream = empty ? null : (Readable.toWeb(answer) as ReadableStream<Uint8Array>);
  return new Response(stream, { status: status < 200 ? 502 : status, headers });
}
