import { createHash } from 'node:crypto';
import { Address, TransactionBuilder } from '@stellar/stellar-sdk';
import type { Hono } from 'hono';
import { systemIds } from '../../../src/kernel/ids.ts';
import { encodeStrKey } from '../../../src/kernel/strkey.ts';
import { createApp } from '../../../src/server/app.ts';
import { type KeyPair, randomKeyPair, verify } from '../../../src/stellar/keys.ts';
import type { Fetch } from '../../../src/stellar/port.ts';
import { type TestAnchor, testAnchor } from '../anchor.ts';
import { type SorobanAuthorizationEntry, xdr } from './xdr.ts';

// The answers of the RPC server are recorded shapes: made by hand from the documentation of `getLatestLedger` and
// `simulateTransaction`, since there is no RPC server here. Beyond its shape the stand-in does what the network would do in enforcing
// mode with a contract account of one ed25519 key: it fails unless that key signed the entry of the account.

export const RPC_URL = 'https://rpc.example/key-of-ours';
export const LEDGER = 5_000;
export const contractAddress = (): string => encodeStrKey('contract', systemIds.bytes(32));
export const WEB_AUTH_CONTRACT = contractAddress();

export interface RpcCall {
  method: string;
  params: Record<string, unknown> | undefined;
}

export interface FakeRpc {
  fetch: Fetch;
  calls: RpcCall[];
  ledger: number;
  /** in place of what it would answer; a Response as it is */
  answers: Partial<Record<string, () => unknown>>;
}

/** Recorded shape of a simulation that succeeded. */
export const simulationOf = (ledger: number, more: Record<string, unknown> = {}) => ({
  transactionData: 'AAAAAAAAAAIAAAAGAAAAAQ==',
  minResourceFee: '58181',
  events: [],
  results: [{ auth: [], xdr: 'AAAAAQ==' }],
  latestLedger: ledger,
  ...more,
});

/** Recorded shape of one that failed. */
export const failureOf = (ledger: number, error = 'HostError: Error(Auth, InvalidAction)') => ({
  error,
  events: [],
  latestLedger: ledger,
});

export function fakeRpc(passphrase: () => string, accounts: ReadonlyMap<string, string>): FakeRpc {
  const rpc: FakeRpc = {
    calls: [],
    ledger: LEDGER,
    answers: {},
    async fetch(input, init) {
      if (input !== RPC_URL) throw new Error(`no such host: ${input}`);
      const { method, params, jsonrpc, id } = JSON.parse(String(init?.body)) as RpcCall &
        Record<string, unknown>;
      rpc.calls.push({ method, params });
      const given = rpc.answers[method]?.();
      if (given instanceof Response) return given;
      const result = given ?? usual(method, params);
      return Response.json({ jsonrpc, id, result });
    },
  };
  const usual = (method: string, params: RpcCall['params']): unknown => {
    if (method === 'getLatestLedger')
      return { id: 'c'.repeat(64), protocolVersion: 23, sequence: rpc.ledger };
    const entries = authOf(String(params?.['transaction']), passphrase());
    const agreed = entries.every((entry) => agrees(entry, passphrase(), accounts, rpc.ledger));
    return agreed ? simulationOf(rpc.ledger) : failureOf(rpc.ledger);
  };
  return rpc;
}

export const operationOf = (envelope: string, passphrase: string) => {
  const transaction = TransactionBuilder.fromXDR(envelope, passphrase);
  if (!('operations' in transaction)) throw new Error('a fee bump');
  const [operation] = transaction.operations;
  if (operation?.type !== 'invokeHostFunction') throw new Error('no call');
  return { transaction, operation };
};

const authOf = (envelope: string, passphrase: string): SorobanAuthorizationEntry[] =>
  operationOf(envelope, passphrase).operation.auth ?? [];

function agrees(
  entry: SorobanAuthorizationEntry,
  passphrase: string,
  accounts: ReadonlyMap<string, string>,
  ledger: number,
): boolean {
  const credentials = entry.credentials().address();
  const address = Address.fromScAddress(credentials.address()).toString();
  if (credentials.signatureExpirationLedger() < ledger) return false;
  const key = accounts.get(address);
  if (key === undefined) return address.startsWith('G');
  const { signature } = { signature: credentials.signature() };
  return signature.switch().name === 'scvBytes' && verify(key, payload(entry, passphrase), signature.bytes());
}

/** What signs an entry, made from the network's definition and not by the code under test. */
export function payload(entry: SorobanAuthorizationEntry, passphrase: string): Buffer {
  const credentials = entry.credentials().address();
  const preimage = xdr.HashIdPreimage.envelopeTypeSorobanAuthorization(
    new xdr.HashIdPreimageSorobanAuthorization({
      networkId: createHash('sha256').update(passphrase).digest(),
      nonce: credentials.nonce(),
      signatureExpirationLedger: credentials.signatureExpirationLedger(),
      invocation: entry.rootInvocation(),
    }),
  );
  return createHash('sha256').update(preimage.toXDR()).digest();
}

/** The entries of a challenge, read by the SDK's own type of the array. */
export const decode = (base64: string): SorobanAuthorizationEntry[] =>
  xdr.SorobanAuthorizationEntries.fromXDR(base64, 'base64') as SorobanAuthorizationEntry[];

/** As they stand at the end of an operation, behind an upload of no bytes (8 bytes). */
export function encode(entries: readonly SorobanAuthorizationEntry[]): string {
  const hostFunction = xdr.HostFunction.hostFunctionTypeUploadContractWasm(Buffer.alloc(0));
  const operation = new xdr.InvokeHostFunctionOp({ hostFunction, auth: [...entries] });
  return operation.toXDR().subarray(8).toString('base64');
}

export const addressOf = (entry: SorobanAuthorizationEntry): string =>
  Address.fromScAddress(entry.credentials().address().address()).toString();

export const entryOf = (entries: readonly SorobanAuthorizationEntry[], address: string) => {
  const found = entries.find((entry) => addressOf(entry) === address);
  if (found === undefined) throw new Error(`no entry of ${address}`);
  return found;
};

/** The arguments as a record, in their order. */
export function argsOf(entry: SorobanAuthorizationEntry): Record<string, string> {
  const [map] = entry.rootInvocation().function().contractFn().args();
  return Object.fromEntries(
    (map?.map() ?? []).map((one) => [one.key().sym().toString(), one.val().str().toString()]),
  );
}

/** Signs the entry of a contract account of one key. */
export function signContract(
  entry: SorobanAuthorizationEntry,
  key: KeyPair,
  passphrase: string,
  expiration = LEDGER + 10,
): void {
  const credentials = entry.credentials().address();
  credentials.signatureExpirationLedger(expiration);
  credentials.signature(xdr.ScVal.scvBytes(key.sign(payload(entry, passphrase))));
}

/** Signs that of a classic account. */
export function signAccount(
  entry: SorobanAuthorizationEntry,
  key: KeyPair,
  passphrase: string,
  expiration = LEDGER + 10,
): void {
  const credentials = entry.credentials().address();
  credentials.signatureExpirationLedger(expiration);
  const part = (name: string, value: Uint8Array) =>
    new xdr.ScMapEntry({ key: xdr.ScVal.scvSymbol(name), val: xdr.ScVal.scvBytes(Buffer.from(value)) });
  const signature = key.sign(payload(entry, passphrase));
  credentials.signature(
    xdr.ScVal.scvVec([
      xdr.ScVal.scvMap([part('public_key', key.rawPublicKey), part('signature', signature)]),
    ]),
  );
}

export interface ContractAnchor extends TestAnchor {
  app: Hono;
  rpc: FakeRpc;
  passphrase: string;
  /** answers that are not as the SEP has them */
  shapes: string[];
  /** a contract account and the key that it asks */
  account: string;
  key: KeyPair;
  get(query: Record<string, string>): Promise<Response>;
  post(body: Record<string, unknown>): Promise<Response>;
  challenge(more?: Record<string, string>): Promise<SorobanAuthorizationEntry[]>;
  /** entries of a fresh challenge with the account's signature */
  signed(more?: Record<string, string>): Promise<SorobanAuthorizationEntry[]>;
}

export const WALLET_DOMAIN = 'wallet.example.com';
export const walletKey = randomKeyPair(systemIds);

/** An anchor with SEP-45 and a wallet's server whose stellar.toml names `walletKey`. */
export async function contractAnchor(
  sep10: Partial<TestAnchor['ctx']['project']['sep10']> = {},
): Promise<ContractAnchor> {
  const account = contractAddress();
  const key = randomKeyPair(systemIds);
  let passphrase = '';
  const rpc = fakeRpc(() => passphrase, new Map([[account, key.publicKey]]));
  const anchor = await testAnchor({
    project: {
      seps: [1, 10, 24, 45],
      sep45: { contract: WEB_AUTH_CONTRACT, rpcUrl: RPC_URL },
      sep10: { clientDomainRequired: false, clientDomains: [], tokenLifetimeSeconds: 3600, ...sep10 },
    },
    fetch: rpc.fetch,
  });
  passphrase = anchor.sandbox.passphrase;
  const guardedFetch: Fetch = async (url) => {
    if (!url.startsWith(`https://${WALLET_DOMAIN}/`)) throw new Error('no such host');
    return new Response(`SIGNING_KEY = "${walletKey.publicKey}"\n`);
  };
  const shapes: string[] = [];
  const ctx = { ...anchor.ctx, guardedFetch };
  const app = createApp(ctx, { onInvalidAnswer: (fault) => shapes.push(fault.issue) });
  const get = async (query: Record<string, string>) =>
    app.request(`/sep45/auth?${new URLSearchParams(query)}`);
  const challenge = async (more: Record<string, string> = {}) => {
    const answer = await get({ account, home_domain: 'localhost:8000', ...more });
    const { authorization_entries: entries } = (await answer.json()) as { authorization_entries: string };
    return decode(entries);
  };
  return {
    ...anchor,
    ctx,
    app,
    rpc,
    passphrase,
    shapes,
    account,
    key,
    get,
    challenge,
    post: async (body) =>
      app.request('/sep45/auth', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    async signed(more) {
      const entries = await challenge(more);
      signContract(entryOf(entries, account), key, passphrase);
      return entries;
    },
  };
}
