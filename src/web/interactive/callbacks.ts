import { isIP } from 'node:net';
import { badInput } from '../../kernel/errors.ts';

const PRIVATE_NAME = /(?:^|\.)(?:localhost|local|internal|lan|home|intranet)$/;

/**
 * A wallet's `callback` or `on_change_callback` (S24-32): `postMessage`, or an https address. What can be told to be private without
 * a name look-up is refused here; whoever delivers looks the name up and checks again (SC-40).
 *
 * @param localMode also plain http on a loopback host, for wallets in development
 * @throws CALLBACK_INVALID (400)
 */
export function parseCallback(text: string | undefined, localMode: boolean): string | null {
  if (text === undefined || text === '' || text.toLowerCase() === 'none') return null;
  if (text === 'postMessage') return text;
  const invalid = badInput('CALLBACK_INVALID', 'A callback is postMessage or a public https address.');
  if (text.length > 2000) throw invalid;
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw invalid;
  }
  if (url.username !== '' || url.password !== '') throw invalid;
  const host = url.hostname.replace(/\.$/, '');
  const local = host === 'localhost' || host === '127.0.0.1' || host === '[::1]';
  if (localMode && local && (url.protocol === 'http:' || url.protocol === 'https:')) return url.href;
  const port = url.port === '' ? 443 : Number(url.port);
  const isPrivate =
    isIP(host.replace(/^\[|\]$/g, '')) !== 0 || !host.includes('.') || PRIVATE_NAME.test(host);
  if (url.protocol !== 'https:' || isPrivate || (port < 1024 && port !== 443)) throw invalid;
  return url.href;
}
