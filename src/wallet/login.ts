import type * as Sdk from '@stellar/stellar-sdk';
import { AnchorError, messageOf } from '../kernel/errors.ts';
import type { Discovery } from './discover.ts';
import { requestJson } from './http.ts';
import type { WalletOptions } from './types.ts';

/**
 * SEP-10: fetches a challenge, checks it as a wallet must before it signs anything, and trades it for a token.
 *
 * @throws CHALLENGE_INVALID when the anchor's challenge is not what SEP-10 promises
 */
export async function login(
  options: Pick<WalletOptions, 'seed' | 'homeUrl' | 'fetch'>,
  anchor: Pick<Discovery, 'webAuthEndpoint' | 'signingKey' | 'networkPassphrase'>,
): Promise<string> {
  const { Keypair, WebAuth, TransactionBuilder } = await wholeSdk();
  const key = Keypair.fromSecret(options.seed);
  const url = new URL(anchor.webAuthEndpoint);
  url.searchParams.set('account', key.publicKey());
  const challenge = await requestJson(options.fetch, 'SEP-10 challenge', url.href);
  const xdr = challenge['transaction'];
  if (typeof xdr !== 'string') throw invalid('it has no transaction');
  const home = new URL(options.homeUrl).host;
  try {
    WebAuth.readChallengeTx(xdr, anchor.signingKey, anchor.networkPassphrase, home, url.host);
  } catch (error) {
    throw invalid(messageOf(error));
  }
  const transaction = TransactionBuilder.fromXDR(xdr, anchor.networkPassphrase);
  transaction.sign(key);
  const answer = await requestJson(options.fetch, 'SEP-10 token', anchor.webAuthEndpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ transaction: transaction.toXDR() }),
  });
  if (typeof answer['token'] !== 'string') throw invalid('the answer has no token');
  return answer['token'];
}

/** The whole SDK for its WebAuth: the wallet checks challenges with other code than the server makes them with. */
async function wholeSdk(): Promise<typeof Sdk> {
  const module: typeof Sdk & { default?: typeof Sdk } = await import('@stellar/stellar-sdk');
  return module.default ?? module;
}

function invalid(reason: string): AnchorError {
  return new AnchorError({
    code: 'CHALLENGE_INVALID',
    message: `The anchor's SEP-10 challenge is wrong: ${reason}.`,
  });
}
