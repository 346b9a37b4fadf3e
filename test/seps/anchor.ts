import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Project } from '../../src/config/project.ts';
import { createSecretBox, migrate, openDatabase } from '../../src/database/index.ts';
import type { Clock } from '../../src/kernel/clock.ts';
import { systemIds } from '../../src/kernel/ids.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { createSandbox, type Sandbox } from '../../src/sandbox/index.ts';
import { buildTransaction, type Operation } from '../../src/stellar/build.ts';
import { createHorizon } from '../../src/stellar/horizon.ts';
import { type KeyPair, keyPairFromRawSeed, keyPairFromSeed, randomSeed } from '../../src/stellar/keys.ts';
import type { Fetch } from '../../src/stellar/port.ts';
import type { AnchorContext } from '../../src/transfers/context.ts';

/** A clock that stands until it is moved; waits for as long as the test does not say otherwise. */
export interface TestClock extends Clock {
  forward(seconds: number): void;
}

/** Begins at the real time, by which the SDK judges challenges. */
export function testClock(start = Date.now()): TestClock {
  let now = start;
  return {
    now: () => now,
    sleep: (_ms, signal) =>
      new Promise((resolve) => signal?.addEventListener('abort', () => resolve(), { once: true })),
    forward(seconds) {
      now += seconds * 1000;
    },
  };
}

export interface TestAnchor {
  ctx: AnchorContext;
  clock: TestClock;
  signing: KeyPair;
  sandbox: Sandbox;
  close(): Promise<void>;
}

/** Applies operations of `source` in a ledger of their own, with the sequence number that the network tells. */
export async function apply(
  anchor: TestAnchor,
  source: KeyPair,
  operations: Operation[],
  signers: KeyPair[] = [source],
): Promise<void> {
  const account = await anchor.ctx.network.account(source.publicKey);
  if ('missing' in account) throw new Error('the source does not exist');
  const { xdr } = await buildTransaction({
    passphrase: anchor.sandbox.passphrase,
    source: source.publicKey,
    sequence: account.sequence + 1n,
    feePerOperation: 100n,
    operations,
    maxTime: Math.floor(anchor.clock.now() / 1000) + 300,
    signers,
  });
  const closed = anchor.sandbox.closeLedger({ transactions: [xdr] });
  if (closed.failedCount > 0 || closed.successfulCount !== 1) throw new Error('the transaction failed');
}

/** The network's root account, with all its lumens. */
export const rootOf = (anchor: TestAnchor): KeyPair =>
  keyPairFromRawSeed(createHash('sha256').update(anchor.sandbox.passphrase).digest());

/** Creates accounts with 100 XLM each. */
export const createAccounts = (anchor: TestAnchor, ...accounts: KeyPair[]): Promise<void> =>
  apply(
    anchor,
    rootOf(anchor),
    accounts.map(({ publicKey: destination }) => ({
      type: 'createAccount',
      destination,
      startingBalance: 1_000_000_000n,
    })),
  );

export interface TestAnchorOptions {
  project?: Partial<Project>;
  fetch?: Fetch;
  network?: AnchorContext['network'];
}

const noFetch: Fetch = async () => {
  throw new Error('no such host');
};

/** A context over a real database and a real sandbox, reached through its fetch. */
export async function testAnchor(options: TestAnchorOptions = {}): Promise<TestAnchor> {
  const clock = testClock();
  const sandbox = createSandbox({ close: 'manual', clock });
  const root = mkdtempSync(join(tmpdir(), 'anchor-seps-'));
  const db = await openDatabase({ url: 'sqlite:anchor.db', root, log: silentLog, now: () => clock.now() });
  await migrate(db);
  const signingSeed = randomSeed(systemIds);
  const project = { ...projectOf(sandbox.passphrase, signingSeed), ...options.project };
  const ctx: AnchorContext = {
    project,
    db,
    box: createSecretBox(project.secrets.encryptionKey ?? '', systemIds),
    network:
      options.network ??
      createHorizon({
        url: project.network.horizonUrl,
        friendbotUrl: `${project.network.horizonUrl}/friendbot`,
        passphrase: sandbox.passphrase,
        fetch: (url, init) => sandbox.fetch(url, init),
        clock,
      }),
    fetch: options.fetch ?? noFetch,
    clock,
    ids: systemIds,
    log: silentLog,
  };
  return {
    ctx,
    clock,
    sandbox,
    signing: keyPairFromSeed(signingSeed),
    async close() {
      await db.close();
      await sandbox.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

export function projectOf(passphrase: string, signingSeed: string): Project {
  return {
    root: '/nonexistent',
    organization: { name: 'Test Anchor', url: 'https://anchor.example' },
    network: { name: 'sandbox', passphrase, horizonUrl: 'http://localhost:8001', friendbotUrl: undefined },
    seps: [1, 10, 24],
    hostUrl: 'http://localhost:8000',
    port: 8000,
    sandboxPort: 8001,
    localMode: true,
    databaseUrl: 'sqlite:/nonexistent/anchor.db',
    homeDomain: 'localhost:8000',
    homeDomains: ['localhost:8000'],
    branding: { accent: '#123456', logo: undefined },
    sep10: { clientDomainRequired: false, clientDomains: [], tokenLifetimeSeconds: 86_400 },
    sep24: { claimableBalances: true, accountCreation: true },
    transfers: { expireHours: 24 },
    setup: { asset: undefined, issuer: undefined },
    stellar: { startingBalance: 20_000_000n, maxFee: 10_000n },
    sandbox: { closeMs: 1000, state: 'memory', seed: 'test' },
    jobIntervalSeconds: 5,
    secrets: {
      signingSeed,
      jwtKey: 'a key for tests that is long enough',
      encryptionKey: `a:${Buffer.alloc(32, 7).toString('base64')}`,
      adminPasswordHash: undefined,
      distributionSeed: undefined,
      issuerSeed: undefined,
    },
    integrations: {},
    forms: new Map(),
  };
}
