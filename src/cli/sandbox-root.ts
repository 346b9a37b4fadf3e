import { createHash } from 'node:crypto';
import { type KeyPair, keyPairFromRawSeed } from '../stellar/keys.ts';

/** The root account of a network: everybody who knows the passphrase has its key. */
export const rootKeys = (passphrase: string): KeyPair =>
  keyPairFromRawSeed(createHash('sha256').update(passphrase).digest());
