import { createHash, timingSafeEqual } from 'node:crypto';
import { type AnchorError, badInput } from '../../kernel/errors.ts';
import type { Ids } from '../../kernel/ids.ts';
import { decodeStrKey, encodeStrKey } from '../../kernel/strkey.ts';
import type { KeyPair } from '../../stellar/keys.ts';
import {
  type Address,
  challengeHash,
  type DecodedChallenge,
  encodeSigned,
  encodeUnsigned,
  type ManageData,
  type Signature,
} from './envelope.ts';
import { decodeChallenge } from './envelope-reader.ts';
import { createTemplate, fillTemplate, type Template } from './template.ts';

/** What all challenges of one server have in common. */
export interface Server {
  keyPair: KeyPair;
  /** sha256 of the passphrase */
  networkId: Uint8Array;
  /** accepted in challenges; the first is the default (S10-05) */
  homeDomains: readonly string[];
  /** accepted as `web_auth_domain`; the first is what challenges name */
  webAuthDomains: readonly string[];
  lifetimeSeconds: number;
}

export interface ChallengeInput {
  /** `G…` or `M…` */
  account: string;
  memo: string | null;
  homeDomain: string;
  webAuthDomain: string;
  client: { domain: string; signingKey: string } | null;
  /** Unix seconds */
  now: number;
}

/** Fee per operation that the SDK sets; the transaction can never be applied. */
const BASE_FEE = 100;
const NONCE_BYTES = 48;
/** ManageData names and values hold 64 bytes (S10-16, S10-18). */
export const MAX_DOMAIN_BYTES = 64 - ' auth'.length;

export const networkIdOf = (passphrase: string): Uint8Array =>
  createHash('sha256').update(passphrase).digest();

/** The challenge as base64 XDR, signed by the server (S10-10 to S10-21). */
export function buildChallenge(server: Server, ids: Ids, input: ChallengeInput): string {
  const address = addressOf(input.account);
  const nonce = ids.bytes(NONCE_BYTES).toString('base64');
  const usual = address.muxedId === null && input.memo === null && input.client === null;
  if (!usual) return buildAny(server, address, nonce, input);
  const template = templateOf(server, input.homeDomain, input.webAuthDomain);
  const bytes = fillTemplate(template, address.key, nonce, input.now, input.now + server.lifetimeSeconds);
  const hash = challengeHash(server.networkId, bytes.subarray(0, template.unsignedBytes));
  bytes.set(server.keyPair.sign(hash), template.signature);
  return bytes.toString('base64');
}

const templates = new WeakMap<Server, Map<string, Template>>();

function templateOf(server: Server, homeDomain: string, webAuthDomain: string): Template {
  const known = templates.get(server) ?? new Map<string, Template>();
  templates.set(server, known);
  const name = `${homeDomain} ${webAuthDomain}`;
  const template = known.get(name) ?? createTemplate(server.keyPair, homeDomain, webAuthDomain, 2 * BASE_FEE);
  known.set(name, template);
  return template;
}

/** With a memo, an `M…` account, a client domain. */
function buildAny(server: Server, account: Address, nonce: string, input: ChallengeInput): string {
  const own: Address = { key: server.keyPair.rawPublicKey, muxedId: null };
  const operations: ManageData[] = [
    { source: account, name: `${input.homeDomain} auth`, value: Buffer.from(nonce) },
    { source: own, name: 'web_auth_domain', value: Buffer.from(input.webAuthDomain) },
  ];
  if (input.client !== null) {
    const { domain, signingKey } = input.client;
    operations.push({ source: addressOf(signingKey), name: 'client_domain', value: Buffer.from(domain) });
  }
  const unsigned = encodeUnsigned({
    source: own,
    fee: BASE_FEE * operations.length,
    sequence: 0n,
    minTime: BigInt(input.now),
    maxTime: BigInt(input.now + server.lifetimeSeconds),
    memo: input.memo,
    operations,
  });
  const signature = server.keyPair.sign(challengeHash(server.networkId, unsigned));
  return encodeSigned(unsigned, [{ hint: server.keyPair.hint, signature }]);
}

/** `G…` and `M…` only. @throws ACCOUNT_INVALID (400) */
export function addressOf(account: string): Address {
  const key = decodeStrKey('account', account);
  if (key !== null) return { key, muxedId: null };
  const muxed = decodeStrKey('muxed', account);
  if (muxed === null) throw badInput('ACCOUNT_INVALID', 'account must be a Stellar address: G… or M….');
  return { key: muxed.subarray(0, 32), muxedId: muxed.subarray(32) };
}

/** A challenge that this server made and that is in time; whose other signatures are still to be judged. */
export interface OpenChallenge {
  /** `G…` whose signers decide */
  account: string;
  accountKey: Uint8Array;
  /** `G…`, `G…:<memo>` or `M…` (S10-55) */
  subject: string;
  homeDomain: string;
  client: { domain: string; signingKey: string; key: Uint8Array } | null;
  hash: Buffer;
  /** Unix seconds */
  maxTime: number;
  /** all but the server's */
  signatures: Signature[];
}

const refused = (message: string): AnchorError => badInput('CHALLENGE_REFUSED', message);

/**
 * The checks of S10-34 to S10-42 that need nothing from outside.
 *
 * @param now Unix seconds
 * @throws CHALLENGE_MALFORMED, CHALLENGE_REFUSED, CHALLENGE_EXPIRED (400)
 */
export function openChallenge(server: Server, base64: string, now: number): OpenChallenge {
  const challenge = decodeChallenge(base64, server.networkId);
  const own = server.keyPair.rawPublicKey;
  if (!isKey(challenge.source, own)) throw refused('The source of the challenge is not this server.');
  if (challenge.sequence !== 0n) throw refused('The sequence number of the challenge is not 0.');
  checkTime(challenge, now);
  const homeDomain = homeDomainOf(server, challenge);
  const client = checkOperations(server, challenge);
  const signatures = withoutServerSignature(server, challenge);
  const { source } = challenge.operations[0] as ManageData;
  if (challenge.memo !== null && source.muxedId !== null)
    throw refused('A challenge of an M account has no memo.');
  const account = encodeStrKey('account', source.key);
  return {
    account,
    accountKey: source.key,
    subject: subjectOf(account, source, challenge.memo),
    homeDomain,
    client,
    hash: challenge.hash,
    maxTime: Number(challenge.maxTime),
    signatures,
  };
}

const isKey = (address: Address, key: Uint8Array): boolean =>
  address.muxedId === null && Buffer.compare(address.key, key) === 0;

function subjectOf(account: string, source: Address, memo: string | null): string {
  if (source.muxedId !== null) return encodeStrKey('muxed', Buffer.concat([source.key, source.muxedId]));
  return memo === null ? account : `${account}:${memo}`;
}

/** Strictly: not a second before or after, unlike the SDK, which allows five minutes (S10-36). */
function checkTime(challenge: DecodedChallenge, now: number): void {
  const time = BigInt(now);
  if (challenge.maxTime !== 0n && time >= challenge.minTime && time <= challenge.maxTime) return;
  throw badInput('CHALLENGE_EXPIRED', 'The challenge is not valid now. Ask for a new one.');
}

/** S10-37. */
function homeDomainOf(server: Server, challenge: DecodedChallenge): string {
  const first = challenge.operations[0];
  if (first === undefined) throw refused('The challenge has no operation.');
  const domain = server.homeDomains.find((name) => first.name === `${name} auth`);
  if (domain === undefined) throw refused('The challenge is for another home domain.');
  const nonce = first.value.toString('latin1');
  if (nonce.length !== 64 || Buffer.from(nonce, 'base64').length !== NONCE_BYTES) {
    throw refused('The challenge has no nonce of 48 bytes.');
  }
  return domain;
}

/** S10-38, S10-39: all the rest is the server's, but for one client_domain. */
function checkOperations(server: Server, challenge: DecodedChallenge): OpenChallenge['client'] {
  const own = server.keyPair.rawPublicKey;
  let client: OpenChallenge['client'] = null;
  let webAuthDomain: string | null = null;
  for (let at = 1; at < challenge.operations.length; at++) {
    const { source, name, value } = challenge.operations[at] as ManageData;
    if (name === 'client_domain') {
      if (client !== null || source.muxedId !== null)
        throw refused('The challenge names its client domain wrongly.');
      const signingKey = encodeStrKey('account', source.key);
      client = { domain: value.toString('utf8'), signingKey, key: source.key };
      continue;
    }
    if (!isKey(source, own)) throw refused('The challenge has an operation of somebody else.');
    if (name === 'web_auth_domain') {
      if (webAuthDomain !== null) throw refused('The challenge names two authentication servers.');
      webAuthDomain = value.toString('utf8');
    }
  }
  if (webAuthDomain === null || !server.webAuthDomains.includes(webAuthDomain)) {
    throw refused('The challenge is for another authentication server.');
  }
  if (client !== null && Buffer.compare(client.key, own) === 0)
    throw refused('The client domain uses the key of this server.');
  return client;
}

/**
 * S10-41, S10-42: exactly one signature of the server. ed25519 is deterministic, so signing again and comparing proves it, for
 * a third of the cost of verifying.
 */
function withoutServerSignature(server: Server, challenge: DecodedChallenge): Signature[] {
  const { keyPair } = server;
  const expected = keyPair.sign(challenge.hash);
  const rest = challenge.signatures.filter(
    ({ hint, signature }) =>
      Buffer.compare(hint, keyPair.hint) !== 0 ||
      signature.length !== 64 ||
      !timingSafeEqual(signature, expected),
  );
  if (rest.length === challenge.signatures.length)
    throw refused('The challenge is not signed by this server.');
  if (rest.length < challenge.signatures.length - 1)
    throw refused('The challenge is signed twice by this server.');
  return rest;
}
