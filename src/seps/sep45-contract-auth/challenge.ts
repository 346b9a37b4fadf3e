import type { Ids } from '../../kernel/ids.ts';
import type { KeyPair } from '../../stellar/keys.ts';
import type { SdkCore } from '../../stellar/sdk.ts';
import {
  type Args,
  type Entry,
  encodeArgs,
  encodeEntries,
  encodeSignature,
  FUNCTION,
  payloadOf,
} from './entries.ts';

/** What all challenges of one server have in common. */
export interface Server {
  keyPair: KeyPair;
  /** sha256 of the passphrase */
  networkId: Uint8Array;
  /** `WEB_AUTH_CONTRACT_ID`, `C…` */
  contract: string;
  /** accepted in challenges; the first is the default */
  homeDomains: readonly string[];
  /** host, with its port where that is not the usual one, of the endpoint */
  webAuthDomain: string;
}

export interface ChallengeInput {
  /** `C…` */
  account: string;
  homeDomain: string;
  client: { domain: string; signingKey: string } | null;
  /** Unix seconds */
  now: number;
  latestLedger: number;
}

/** Ledgers for which the server's own signature holds (S45-11). */
export const SIGNED_LEDGERS = 10;
const NONCE_BYTES = 24;
const NONCE = /^(\d{1,12})\.[\w-]{32}$/;

/** The nonce tells when it was made: the server's signature over it proves that it did (S45-09, S45-32). */
const nonceOf = (ids: Ids, now: number): string =>
  `${now}.${Buffer.from(ids.bytes(NONCE_BYTES)).toString('base64url')}`;

/** Unix seconds at which a nonce of ours was made; null where it is none. */
export function issuedAt(nonce: string): number | null {
  const match = NONCE.exec(nonce);
  return match === null ? null : Number(match[1]);
}

/** `SorobanAuthorizationEntries` in base64: the client's entry, ours signed, the client domain's (S45-05 to S45-10). */
export function buildChallenge(sdk: SdkCore, server: Server, ids: Ids, input: ChallengeInput): string {
  const { publicKey } = server.keyPair;
  const args: Args = {
    account: input.account,
    home_domain: input.homeDomain,
    nonce: nonceOf(ids, input.now),
    web_auth_domain: server.webAuthDomain,
    web_auth_domain_account: publicKey,
    ...(input.client === null
      ? {}
      : { client_domain: input.client.domain, client_domain_account: input.client.signingKey }),
  };
  const addresses = [publicKey, input.account, ...(input.client === null ? [] : [input.client.signingKey])];
  return encodeEntries(addresses.map((address) => entryOf(sdk, server, ids, { address, args, input })));
}

/** Of legacy address credentials, which every client knows (S45-13). */
function entryOf(
  sdk: SdkCore,
  server: Server,
  ids: Ids,
  { address, args, input }: { address: string; args: Args; input: ChallengeInput },
): Entry {
  const { xdr } = sdk;
  const invocation = new xdr.SorobanAuthorizedInvocation({
    function: xdr.SorobanAuthorizedFunction.sorobanAuthorizedFunctionTypeContractFn(
      new xdr.InvokeContractArgs({
        contractAddress: new sdk.Address(server.contract).toScAddress(),
        functionName: FUNCTION,
        args: [encodeArgs(sdk, args)],
      }),
    ),
    subInvocations: [],
  });
  const own = address === server.keyPair.publicKey;
  const nonce = xdr.Int64.fromXDR(Buffer.from(ids.bytes(8)));
  const expirationLedger = own ? input.latestLedger + SIGNED_LEDGERS : 0;
  const payload = payloadOf(sdk, server.networkId, { invocation, nonce, expirationLedger });
  const signature = own ? encodeSignature(sdk, server.keyPair, payload) : xdr.ScVal.scvVoid();
  const credentials = new xdr.SorobanAddressCredentials({
    address: new sdk.Address(address).toScAddress(),
    nonce,
    signatureExpirationLedger: expirationLedger,
    signature,
  });
  return new xdr.SorobanAuthorizationEntry({
    credentials: xdr.SorobanCredentials.sorobanCredentialsAddress(credentials),
    rootInvocation: invocation,
  });
}
