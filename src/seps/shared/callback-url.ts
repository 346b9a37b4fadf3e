import { isIP } from 'node:net';
import { isLoopbackHost, isPublicAddress } from './addresses.ts';
import { parameterInvalid } from './faults.ts';

const MAX_CHARS = 2_000;

/**
 * An address that is told of changes: https, without a login in it, and not one of a private network; http on a loopback host in local mode
 * only. What a name leads to is looked at when it is called (SC-40).
 *
 * @throws PARAMETER_INVALID (400)
 */
export function callbackUrl(name: string, text: string | undefined, local: boolean): string | undefined {
  if (text === undefined) return undefined;
  const url = text.length <= MAX_CHARS && !/[\s\0]/.test(text) && URL.canParse(text) ? new URL(text) : null;
  if (url !== null && url.username === '' && url.password === '') {
    const loopback = isLoopbackHost(url.hostname);
    if (local && loopback && /^https?:$/.test(url.protocol)) return text;
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const reachable = isIP(host) === 0 ? !loopback : isPublicAddress(host);
    if (url.protocol === 'https:' && reachable) return text;
  }
  throw parameterInvalid(name, 'must be a public https address.');
}
