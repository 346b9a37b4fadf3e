import { createHash } from 'node:crypto';
import { type AnchorError, badInput } from '../../kernel/errors.ts';
import { isContract } from '../../kernel/strkey.ts';
import { rawPublicKey, verify } from '../../stellar/keys.ts';
import type { SdkCore } from '../../stellar/sdk.ts';
import { issuedAt, type Server } from './challenge.ts';
import {
  type Args,
  decodeArgs,
  decodeEntries,
  decodeSignatures,
  type Entry,
  FUNCTION,
  payloadOf,
  type Unsigned,
  type Value,
} from './entries.ts';

/** A challenge of ours in time, signed by us and by the client's domain where it has one; whether the client agrees, the network knows. */
export interface OpenChallenge {
  /** `C…` */
  account: string;
  homeDomain: string;
  clientDomain: string | null;
  /** of the nonce, 32 bytes: by it the challenge is used up */
  hash: Buffer;
  /** Unix seconds */
  maxTime: number;
  args: Value;
  entries: Entry[];
  /** first and last of the ledgers until which the signatures hold */
  expirations: { first: number; last: number };
}

/** Seconds for which a nonce is good, whatever the ledgers say (S45-32). */
export const NONCE_SECONDS = 300;
/** seconds by which the clock of another of our machines may be ahead */
const CLOCK_SKEW_SECONDS = 60;
/** Ledgers that a signature may hold at most, an hour: with the nonce it bounds replays (S45-24). */
export const MAX_LEDGERS_AHEAD = 720;

const NAMES: ReadonlySet<string> = new Set([
  'account',
  'client_domain',
  'client_domain_account',
  'home_domain',
  'nonce',
  'web_auth_domain',
  'web_auth_domain_account',
]);

const refused = (message: string): AnchorError => badInput('CHALLENGE_REFUSED', message);
const expired = (): AnchorError =>
  badInput('CHALLENGE_EXPIRED', 'The challenge is not valid now. Ask for a new one.');

interface ReadEntry extends Unsigned {
  /** `G…` or `C…` that authorizes */
  address: string;
  signature: Value;
  args: Value;
}

/**
 * The checks of S45-15 to S45-20 and S45-32: all that need nothing from outside.
 *
 * @param now Unix seconds
 * @throws CHALLENGE_MALFORMED, CHALLENGE_REFUSED, CHALLENGE_EXPIRED, SIGNATURES_REFUSED (400)
 */
export function openChallenge(sdk: SdkCore, server: Server, base64: string, now: number): OpenChallenge {
  const entries = decodeEntries(sdk, base64);
  const read = entries.map((entry) => readEntry(sdk, server, entry));
  const args = sameArgs(read);
  const named = checkArgs(server, args);
  checkParties(server, named, read);
  checkServerSignature(sdk, server, read);
  const issued = issuedAt(named['nonce'] ?? '');
  if (issued === null || now < issued - CLOCK_SKEW_SECONDS || now > issued + NONCE_SECONDS) throw expired();
  checkClientDomain(sdk, server, named, read);
  const expirations = read.map(({ expirationLedger }) => expirationLedger);
  return {
    account: named['account'] as string,
    homeDomain: named['home_domain'] as string,
    clientDomain: named['client_domain'] ?? null,
    hash: createHash('sha256').update(`sep45 ${named['nonce']}`).digest(),
    maxTime: issued + NONCE_SECONDS,
    args,
    entries,
    expirations: { first: Math.min(...expirations), last: Math.max(...expirations) },
  };
}

/** @throws CHALLENGE_EXPIRED, SIGNATURES_REFUSED (400) for signatures that no longer hold, or for too long (S45-24) */
export function checkLedgers({ expirations }: OpenChallenge, latestLedger: number): void {
  if (expirations.first < latestLedger) throw expired();
  if (expirations.last > latestLedger + MAX_LEDGERS_AHEAD) {
    throw badInput('SIGNATURES_REFUSED', `A signature may hold for ${MAX_LEDGERS_AHEAD} ledgers at most.`);
  }
}

/** S45-16, S45-26. */
function readEntry(sdk: SdkCore, server: Server, entry: Entry): ReadEntry {
  const credentials = entry.credentials();
  if (credentials.switch().name !== 'sorobanCredentialsAddress')
    throw refused('An entry has credentials other than those of an address.');
  const invocation = entry.rootInvocation();
  const call = invocation.function();
  if (call.switch().name !== 'sorobanAuthorizedFunctionTypeContractFn')
    throw refused('An entry authorizes something else than a call of a contract.');
  const { contract, name, args } = callOf(sdk, call.contractFn());
  if (contract !== server.contract) throw refused('An entry is for another contract.');
  if (name !== FUNCTION) throw refused('An entry is for another function.');
  if (invocation.subInvocations().length > 0) throw refused('An entry authorizes further calls.');
  const [first, ...more] = args;
  if (first === undefined || more.length > 0) throw refused('An entry has not one argument.');
  const own = credentials.address();
  return {
    address: addressOf(sdk, own.address()),
    nonce: own.nonce(),
    expirationLedger: own.signatureExpirationLedger(),
    signature: own.signature(),
    invocation,
    args: first,
  };
}

function callOf(
  sdk: SdkCore,
  call: ReturnType<ReturnType<Unsigned['invocation']['function']>['contractFn']>,
) {
  const contract = addressOf(sdk, call.contractAddress());
  return { contract, name: call.functionName().toString(), args: call.args() };
}

/** Textual address; the kinds that neither sign nor run code are nobody's. */
function addressOf(sdk: SdkCore, address: Parameters<SdkCore['Address']['fromScAddress']>[0]): string {
  try {
    return sdk.Address.fromScAddress(address).toString();
  } catch {
    throw refused('An entry has an address of an unknown kind.');
  }
}

/** S45-17: byte for byte. */
function sameArgs(read: readonly ReadEntry[]): Value {
  const [first, ...others] = read.map(({ args }) => args);
  if (first === undefined) throw refused('There is no entry.');
  const bytes = first.toXDR();
  if (others.some((args) => !bytes.equals(args.toXDR())))
    throw refused('The entries do not have the same arguments.');
  return first;
}

/** S45-17, S45-18. */
function checkArgs(server: Server, value: Value): Args {
  const args = decodeArgs(value);
  if (args === null || !Object.keys(args).every((name) => NAMES.has(name)))
    throw refused('The arguments are not those of web_auth_verify.');
  if (!isContract(args['account'])) throw refused('The account is no contract address.');
  if (!server.homeDomains.includes(args['home_domain'] ?? ''))
    throw refused('The challenge is for another home domain.');
  const ours = args['web_auth_domain_account'] === server.keyPair.publicKey;
  if (args['web_auth_domain'] !== server.webAuthDomain || !ours)
    throw refused('The challenge is for another authentication server.');
  if ((args['client_domain'] === undefined) !== (args['client_domain_account'] === undefined))
    throw refused('The challenge names its client domain wrongly.');
  return args;
}

/** S45-20: each of those who are named, once, and nobody else. */
function checkParties(server: Server, args: Args, read: readonly ReadEntry[]): void {
  const expected = [server.keyPair.publicKey, args['account'], args['client_domain_account']];
  const wanted = expected.filter((address) => address !== undefined).sort();
  const found = read.map(({ address }) => address).sort();
  if (wanted.length !== found.length || wanted.some((address, at) => address !== found[at]))
    throw refused('The entries are not one each of the account, of this server and of the client domain.');
}

const signedBy = (sdk: SdkCore, server: Server, entry: ReadEntry): boolean => {
  const raw = Buffer.from(rawPublicKey(entry.address));
  const payload = payloadOf(sdk, server.networkId, entry);
  const signatures = decodeSignatures(entry.signature) ?? [];
  return signatures.some(
    ({ publicKey, signature }) => raw.equals(publicKey) && verify(entry.address, payload, signature, raw),
  );
};

const entryOf = (read: readonly ReadEntry[], address: string): ReadEntry =>
  read.find((entry) => entry.address === address) as ReadEntry;

/** By it the nonce, and all that the challenge says, is known to be from us (S45-19, S45-20). */
function checkServerSignature(sdk: SdkCore, server: Server, read: readonly ReadEntry[]): void {
  if (!signedBy(sdk, server, entryOf(read, server.keyPair.publicKey)))
    throw refused('The challenge is not signed by this server.');
}

/** The contract may leave the domain's account aside (S45-28), so its signature is checked here. */
function checkClientDomain(sdk: SdkCore, server: Server, args: Args, read: readonly ReadEntry[]): void {
  const account = args['client_domain_account'];
  if (account === undefined || signedBy(sdk, server, entryOf(read, account))) return;
  throw badInput('SIGNATURES_REFUSED', 'The client domain did not sign the challenge.');
}
