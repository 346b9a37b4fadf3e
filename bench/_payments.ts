// The world of the payment benchmarks: an anchor's database and engine in this process, the network in another one.
import { type ChildProcess, fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import type { Project } from '../src/config/project.ts';
import { createSecretBox, type Database, migrate, openDatabase } from '../src/database/index.ts';
import { insertAsset } from '../src/database/repositories/assets.ts';
import { setFact } from '../src/database/repositories/facts.ts';
import { isoTime, systemClock } from '../src/kernel/clock.ts';
import { systemIds } from '../src/kernel/ids.ts';
import { silentLog } from '../src/kernel/log.ts';
import { ensureChannels } from '../src/payments/provision/index.ts';
import { buildTransaction, type Operation } from '../src/stellar/build.ts';
import { createHorizon } from '../src/stellar/horizon.ts';
import { type KeyPair, keyPairFromRawSeed, randomKeyPair } from '../src/stellar/keys.ts';
import type { Fetch } from '../src/stellar/port.ts';
import { type AnchorContext, type PassOptions, sealDistributionSeed } from '../src/transfers/index.ts';

const PASSPHRASE = 'bench ; a network of its own';
const ONE = 10_000_000n;

export interface WorldOptions {
  /** seconds between two ledgers */
  close: number;
  operationsPerLedger: number;
  channels: number;
  wallets: number;
}

export interface World {
  ctx: AnchorContext;
  distribution: KeyPair;
  asset: { id: string; code: string; issuer: string };
  /** with a trustline */
  wallets: string[];
  /** requests to Horizon since the last call */
  requests(): number;
  options(): PassOptions;
  /** a control of the sandbox */
  control(path: string, body: unknown): Promise<unknown>;
  closeLedgers(transactions: string[]): Promise<void>;
  submitSigned(source: KeyPair, operations: Operation[], signers?: KeyPair[]): Promise<void>;
  close(): Promise<void>;
}

export async function openWorld(options: WorldOptions): Promise<World> {
  const child = await network(`${options.close},${options.operationsPerLedger}`);
  const url = `http://127.0.0.1:${child.port}`;
  let count = 0;
  const fetch: Fetch = (input, init) => {
    count += 1;
    return globalThis.fetch(input, init);
  };
  const root = mkdtempSync(join(tmpdir(), 'bench-payments-'));
  const db = await openDatabase({ url: 'sqlite:anchor.db', root, log: silentLog });
  await migrate(db);
  const ctx = contextOf(db, root, url, options.close, fetch);
  const control: World['control'] = async (path, body) => {
    const answer = await globalThis.fetch(`${url}/sandbox/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
    return answer.json();
  };
  const submitSigned: World['submitSigned'] = async (source, operations, signers = []) => {
    const account = await ctx.network.account(source.publicKey);
    if ('missing' in account) throw new Error(`${source.publicKey} does not exist`);
    const { xdr } = await buildTransaction({
      passphrase: PASSPHRASE,
      source: source.publicKey,
      sequence: account.sequence + 1n,
      feePerOperation: 100n,
      operations,
      maxTime: 0,
      signers: [source, ...signers],
    });
    await control('ledgers', { transactions: [xdr] });
  };
  const rootKey = keyPairFromRawSeed(createHash('sha256').update(PASSPHRASE).digest());
  const [issuer, distribution] = [randomKeyPair(systemIds), randomKeyPair(systemIds)];
  const asset = { id: 'srt', code: 'SRT', issuer: issuer.publicKey };
  const fund = (to: string, startingBalance: bigint): Operation => ({
    type: 'createAccount',
    destination: to,
    startingBalance,
  });
  await submitSigned(rootKey, [
    fund(issuer.publicKey, 100n * ONE),
    fund(distribution.publicKey, 100_000n * ONE),
  ]);
  await submitSigned(distribution, [{ type: 'changeTrust', asset }]);
  await submitSigned(issuer, [
    { type: 'payment', destination: distribution.publicKey, asset, amount: 10_000_000n * ONE },
  ]);
  const account = await ctx.network.account(distribution.publicKey);
  if (!('missing' in account)) {
    const at = isoTime(systemClock.now());
    await setFact(db.read, `baseline:${distribution.publicKey}`, account.sequence.toString(), at);
  }
  await insertAsset(db.read, {
    id: asset.id,
    code: asset.code,
    issuer: asset.issuer,
    distribution_account: distribution.publicKey,
    distribution_seed: sealDistributionSeed(ctx.box, asset.id, distribution.seed),
    sep24_enabled: 1,
    created_at: isoTime(systemClock.now()),
  });
  const wallets = await makeWallets(rootKey, asset, options.wallets, submitSigned);
  if (options.channels > 0) {
    await ensureChannels(ctx, { count: options.channels, sponsored: false }, () => undefined);
  }
  count = 0;
  return {
    ctx,
    distribution,
    asset,
    wallets,
    requests() {
      const seen = count;
      count = 0;
      return seen;
    },
    options: () => ({
      signal: new AbortController().signal,
      deadlineMs: systemClock.now() + 300_000,
      worker: { owner: `${process.pid}:bench`, machine: 'bench', boot: 'bench', isGone: () => false },
    }),
    control,
    closeLedgers: async (transactions) => void (await control('ledgers', { transactions })),
    submitSigned,
    async close() {
      child.end();
      await db.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

async function network(terms: string): Promise<{ port: number; end(): void }> {
  const env = { ...process.env, NODE_ENV: 'production' };
  const child: ChildProcess = fork(join(import.meta.dirname, '_child.mjs'), ['./_network.ts', terms], {
    env,
  });
  const port = await new Promise<number>((resolve, reject) => {
    child.once('message', (told) => resolve((told as { port: number }).port));
    child.once('exit', () => reject(new Error('the network did not start')));
  });
  return { port, end: () => void child.send('end') };
}

const contextOf = (db: Database, root: string, url: string, close: number, fetch: Fetch): AnchorContext => ({
  project: {
    root,
    network: { name: 'sandbox', passphrase: PASSPHRASE, horizonUrl: url, friendbotUrl: undefined },
    sep24: { claimableBalances: true, accountCreation: true },
    stellar: { startingBalance: 20_100_000n, maxFee: 100_000n },
    sandbox: { closeMs: close * 1000, state: 'memory', seed: 'bench' },
    secrets: {},
    integrations: {},
    forms: new Map(),
  } as unknown as Project,
  db,
  box: createSecretBox(`a:${Buffer.alloc(32, 7).toString('base64')}`, systemIds),
  network: createHorizon({ url, passphrase: PASSPHRASE, fetch, clock: systemClock }),
  fetch,
  clock: systemClock,
  ids: systemIds,
  log: silentLog,
});

async function makeWallets(
  root: KeyPair,
  asset: { code: string; issuer: string },
  count: number,
  submit: World['submitSigned'],
): Promise<string[]> {
  const pairs = Array.from({ length: count }, () => randomKeyPair(systemIds));
  for (let at = 0; at < pairs.length; at += 100) {
    await submit(
      root,
      pairs.slice(at, at + 100).map((pair) => ({
        type: 'createAccount',
        destination: pair.publicKey,
        startingBalance: 5n * ONE,
      })),
    );
  }
  for (let at = 0; at < pairs.length; at += 19) {
    const part = pairs.slice(at, at + 19);
    await submit(
      root,
      part.map((pair) => ({ type: 'changeTrust', source: pair.publicKey, asset })),
      part,
    );
  }
  return pairs.map((pair) => pair.publicKey);
}

let references = 0;

/** Deposits whose money has arrived, as the rails leave them: the payment is owed. @returns ids of the obligations */
export async function owe(
  world: World,
  destinations: readonly string[],
  memo: (at: number) => string | null = () => null,
): Promise<string[]> {
  const { ctx, asset } = world;
  const at = isoTime(ctx.clock.now());
  const rows = destinations.map((destination, index) => ({
    destination,
    memo: memo(index),
    id: ctx.ids.uuid(),
  }));
  for (let from = 0; from < rows.length; from += 200) {
    const part = rows.slice(from, from + 200);
    await ctx.db.write(async (trx) => {
      await trx
        .insertInto('transactions')
        .values(
          part.map(({ destination, id, memo: value }) => ({
            id,
            sep: '24' as const,
            kind: 'deposit' as const,
            status: 'pending_anchor',
            asset_id: asset.id,
            owner: destination,
            subject: destination,
            account: destination,
            memo: value,
            memo_type: value === null ? null : ('id' as const),
            reference: `B${references++}`,
            amount_expected_units: ONE,
            amount_in_units: ONE,
            amount_out_units: ONE,
            amount_fee_units: 0n,
            received_units: ONE,
            paid_units: ONE,
            started_at: at,
            updated_at: at,
          })),
        )
        .execute();
      await trx
        .insertInto('obligations')
        .values(
          part.map(({ destination, id, memo: value }) => ({
            id: `o-${id}`,
            transaction_id: id,
            leg: 'stellar' as const,
            purpose: 'deliver' as const,
            asset_id: asset.id,
            amount_units: ONE,
            destination,
            memo: value,
            memo_type: value === null ? null : ('id' as const),
            state: 'owed' as const,
            created_at: at,
            updated_at: at,
          })),
        )
        .execute();
    });
  }
  return rows.map(({ id }) => `o-${id}`);
}

/** Payments in each ledger, in order. */
export async function perLedger(world: World): Promise<Map<number, number>> {
  const rows = await world.ctx.db.read
    .selectFrom('obligations')
    .innerJoin('envelopes', 'envelopes.hash', 'obligations.paid_by')
    .select(['envelopes.ledger', sql<number>`count(*)`.as('count')])
    .where('obligations.state', '=', 'paid')
    .groupBy('envelopes.ledger')
    .orderBy('envelopes.ledger')
    .execute();
  return new Map(rows.map((row) => [Number(row.ledger), Number(row.count)]));
}
