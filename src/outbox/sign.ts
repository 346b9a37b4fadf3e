import type { KeyPair } from '../stellar/keys.ts';

/**
 * The `Signature` header of a callback (SC-33, SC-35): ed25519 by the SIGNING_KEY of stellar.toml over `<t>.<host>.<body>`, where `host` is
 * that of the registered address with its port if it names one (SC-38), and `body` the very bytes that are sent (SC-36).
 *
 * @param seconds Unix time of the sending: each retry is signed anew (SC-37)
 */
export function signatureOf(key: KeyPair, url: string, seconds: number, body: Uint8Array): string {
  const payload = Buffer.concat([Buffer.from(`${seconds}.${new URL(url).host}.`), body]);
  return `t=${seconds}, s=${Buffer.from(key.sign(payload)).toString('base64')}`;
}
