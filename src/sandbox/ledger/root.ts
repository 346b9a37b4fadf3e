import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';

/** what comes before the 32 bytes of an ed25519 seed in PKCS #8 */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/**
 * The key that owns all lumens at first: its ed25519 seed is the network's id, as `Keypair.master` has it. Made with node:crypto,
 * because the SDK's arithmetic in JavaScript takes 80 ms the first time.
 */
export function rootKey(passphrase: string): Buffer {
  const seed = createHash('sha256').update(passphrase).digest();
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' });
  return Buffer.from(createPublicKey(key).export({ format: 'jwk' }).x ?? '', 'base64url');
}
