import { Keypair } from '@stellar/stellar-sdk';

/** The key that owns all lumens at first: its ed25519 seed is the network's id. */
export function rootKey(passphrase: string): Buffer {
  return Keypair.master(passphrase).rawPublicKey();
}
