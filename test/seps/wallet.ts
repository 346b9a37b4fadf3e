import { Keypair, type Transaction, TransactionBuilder } from '@stellar/stellar-sdk';
import type { Hono } from 'hono';
import { systemIds } from '../../src/kernel/ids.ts';
import { type KeyPair, keyPairFromSeed, randomSeed } from '../../src/stellar/keys.ts';

/** A key in both forms: ours, and the SDK's, with which wallets sign. */
export interface TestKey extends KeyPair {
  sdk: Keypair;
}

export function testKey(seed = randomSeed(systemIds)): TestKey {
  return { ...keyPairFromSeed(seed), sdk: Keypair.fromSecret(seed) };
}

/** Asks for a challenge; the query is written as given. */
export const ask = (app: Hono, query: Record<string, string>, headers: Record<string, string> = {}) =>
  app.request(`/auth?${new URLSearchParams(query)}`, { headers });

export async function challengeFor(app: Hono, query: Record<string, string>): Promise<string> {
  const answer = await ask(app, query);
  if (answer.status !== 200) throw new Error(`no challenge: ${answer.status} ${await answer.text()}`);
  return ((await answer.json()) as { transaction: string }).transaction;
}

/** Signed by the SDK, as a wallet does it. */
export function signed(challenge: string, passphrase: string, ...keys: TestKey[]): string {
  const transaction = TransactionBuilder.fromXDR(challenge, passphrase) as Transaction;
  for (const key of keys) transaction.sign(key.sdk);
  return transaction.toXDR();
}

export const send = (app: Hono, transaction: unknown) =>
  app.request('/auth', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ transaction }),
  });
