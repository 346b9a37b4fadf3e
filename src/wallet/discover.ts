import { parse } from 'smol-toml';
import { AnchorError } from '../kernel/errors.ts';
import { isAccount } from '../kernel/strkey.ts';
import type { Fetch } from '../stellar/port.ts';
import { send } from './http.ts';

/** What a wallet needs of an anchor's stellar.toml (SEP-1). */
export interface Discovery {
  networkPassphrase: string;
  signingKey: string;
  webAuthEndpoint: string;
  /** by SEP; at least one */
  transferServers: { 6?: string; 24?: string };
  /** SEP-12 */
  kycServer?: string;
  currencies: { code: string; issuer: string | null }[];
}

/** @throws TOML_MISSING, TOML_INVALID */
export async function discover(fetch: Fetch, homeUrl: string): Promise<Discovery> {
  const url = `${homeUrl.replace(/\/$/, '')}/.well-known/stellar.toml`;
  const answer = await send(fetch, 'stellar.toml (SEP-1)', url);
  if (!answer.ok) {
    throw new AnchorError({
      code: 'TOML_MISSING',
      message: `${url} answered ${answer.status}.`,
      hint: 'Is SEP-1 switched on?',
    });
  }
  const toml = read(await answer.text(), url);
  const key = toml['SIGNING_KEY'];
  const { NETWORK_PASSPHRASE: passphrase, WEB_AUTH_ENDPOINT: auth } = toml;
  const { TRANSFER_SERVER_SEP0024: hosted, TRANSFER_SERVER: direct, KYC_SERVER: kyc } = toml;
  const transferServers = {
    ...(typeof direct === 'string' ? { 6: direct } : {}),
    ...(typeof hosted === 'string' ? { 24: hosted } : {}),
  };
  if (
    typeof passphrase !== 'string' ||
    typeof auth !== 'string' ||
    Object.keys(transferServers).length === 0 ||
    !isAccount(key)
  ) {
    throw new AnchorError({
      code: 'TOML_INVALID',
      message: `${url} lacks NETWORK_PASSPHRASE, SIGNING_KEY, WEB_AUTH_ENDPOINT or TRANSFER_SERVER(_SEP0024).`,
      hint: 'The wallet needs SEP-1, 10 and 24 or 6 switched on.',
    });
  }
  return {
    networkPassphrase: passphrase,
    signingKey: key,
    webAuthEndpoint: auth,
    transferServers,
    ...(typeof kyc === 'string' ? { kycServer: kyc } : {}),
    currencies: currencies(toml),
  };
}

function read(text: string, url: string): Record<string, unknown> {
  try {
    return parse(text);
  } catch (error) {
    throw new AnchorError({ code: 'TOML_INVALID', message: `${url} is not valid TOML.`, cause: error });
  }
}

function currencies(toml: Record<string, unknown>): Discovery['currencies'] {
  const entries = Array.isArray(toml['CURRENCIES']) ? (toml['CURRENCIES'] as Record<string, unknown>[]) : [];
  return entries.flatMap(({ code, issuer }) =>
    typeof code === 'string' ? [{ code, issuer: typeof issuer === 'string' ? issuer : null }] : [],
  );
}
