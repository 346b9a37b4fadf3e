import { type AnchorError, badInput } from '../../kernel/errors.ts';
import { rawPublicKey, verify } from '../../stellar/keys.ts';
import type { MissingAccount, NetworkAccount } from '../../stellar/port.ts';
import type { OpenChallenge } from './challenge.ts';
import type { Signature } from './envelope.ts';

interface Signer {
  key: string;
  raw: Uint8Array;
  weight: number;
}

const refused = (message: string): AnchorError => badInput('SIGNATURES_REFUSED', message);

/**
 * Who may log in for an account (S10-43 to S10-52). Every signature must belong to one expected key and every key may sign
 * once; the client domain's signature is set apart and the server's never counts.
 *
 * @param serverKey `G…` of the server, no signer of anybody here (S10-41)
 * @param account as read from the network just now
 * @throws SIGNATURES_REFUSED (400)
 */
export function checkSignatures(
  challenge: OpenChallenge,
  account: NetworkAccount | MissingAccount,
  serverKey: string,
): void {
  const left = [...challenge.signatures];
  if (challenge.client !== null) takeClientDomain(challenge.client, challenge.hash, left);
  if (left.length === 0) throw refused('The account did not sign the challenge.');
  const excluded = new Set([serverKey, challenge.client?.signingKey]);
  const signers = signersOf(challenge, account).filter((signer) => !excluded.has(signer.key));
  let weight = 0;
  for (const signature of left) {
    const at = signers.findIndex((signer) => signedBy(signer, challenge.hash, signature));
    if (at < 0) throw refused('The challenge has a signature of nobody who may sign for the account.');
    weight += signers[at]?.weight ?? 0;
    signers.splice(at, 1);
  }
  if (weight < requiredWeight(account)) {
    throw refused('The signatures do not reach the medium threshold of the account.');
  }
}

/** S10-52. */
function takeClientDomain(
  client: { signingKey: string; key: Uint8Array },
  hash: Buffer,
  left: Signature[],
): void {
  const signer = { key: client.signingKey, raw: client.key, weight: 0 };
  const at = left.findIndex((signature) => signedBy(signer, hash, signature));
  if (at < 0) throw refused('The client domain did not sign the challenge.');
  left.splice(at, 1);
}

/**
 * The ed25519 signers with a weight (S10-47, S10-49). An account that does not exist yet has its own key alone, with the weight
 * of one signature: then exactly one signature is left to come from it (S10-50).
 */
function signersOf(challenge: OpenChallenge, account: NetworkAccount | MissingAccount): Signer[] {
  const own = (weight: number): Signer => ({ key: challenge.account, raw: challenge.accountKey, weight });
  if ('missing' in account) return [own(1)];
  return account.signers
    .filter((signer) => signer.type === 'ed25519_public_key' && signer.weight > 0)
    .map(({ key, weight }) =>
      key === challenge.account ? own(weight) : { key, raw: rawPublicKey(key), weight },
    );
}

/** Never 0: accounts whose medium threshold is 0 need a signature all the same (S10-46). */
const requiredWeight = (account: NetworkAccount | MissingAccount): number =>
  'missing' in account ? 1 : Math.max(account.thresholds.medium, 1);

/** The hint is compared first: a verification costs 90 µs. */
function signedBy(signer: Signer, hash: Buffer, { hint, signature }: Signature): boolean {
  for (let at = 0; at < 4; at++) if (signer.raw[28 + at] !== hint[at]) return false;
  return verify(signer.key, hash, signature, signer.raw);
}
