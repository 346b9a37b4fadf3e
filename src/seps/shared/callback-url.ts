import { parameterInvalid } from './faults.ts';

const LOOPBACK = /^(?:localhost|127\.0\.0\.1|\[::1\]|[\w-]+\.localhost)$/;
const MAX_CHARS = 1000;

/**
 * An address that is told of changes: https, without a login in it; plain http on a loopback host in local mode only. Whether it leads to a
 * private network is looked at when it is called (SC-40).
 *
 * @throws PARAMETER_INVALID (400)
 */
export function callbackUrl(name: string, text: string | undefined, localMode: boolean): string | undefined {
  if (text === undefined) return undefined;
  const bad = () => parameterInvalid(name, 'must be an https URL.');
  if (text.length > MAX_CHARS || /[\s\0]/.test(text)) throw bad();
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw bad();
  }
  const local = localMode && url.protocol === 'http:' && LOOPBACK.test(url.hostname);
  if ((url.protocol !== 'https:' && !local) || url.username !== '' || url.password !== '') throw bad();
  return text;
}
