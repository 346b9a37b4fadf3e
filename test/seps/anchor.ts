import type { Project } from '../../src/config/project.ts';
import { createSecretBox, migrate, openDatabase } from '../../src/database/index.ts';
import type { Clock } from '../../src/kernel/clock.ts';
import { systemIds } from '../../src/kernel/ids.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { createSandbox, type Sandbox } from '../../src/sandbox/index.ts';
import { createHorizon } from '../../src/stellar/horizon.ts';
import { type KeyPair, keyPairFromSeed, randomSeed } from '../../src/stellar/keys.ts';
import type { Fetch } from '../../src/stellar/port.ts';
import type { AnchorContext } from '../../src/transfers/context.ts';

/** A clock that stands until it is moved; waits for as long as the test does not say otherwise. */
export interface TestClock extends Clock {
  forward(seconds: number): void;
}

export function testClock(start = Date.UTC(2026, 10, 22, 12)): TestClock {
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

export interface TestAnchorOptions {
  project?: Partial<Project>;
  fetch?: Fetch;
  network?: AnchorContext['network'];
}

const noFetch: Fetch = async () => {
  throw new Error('no such host');
};

/** A context over a real database in memory and a real sandbox, reached through its fetch. */
export async function testAnchor(options: TestAnchorOptions = {}): Promise<TestAnchor> {
  const clock = testClock();
  const sandbox = createSandbox({ close: 'manual', clock });
  const root = '/nonexistent';
  const db = await openDatabase({ url: 'sqlite::memory:', root, log: silentLog, now: () => clock.now() });
  await migrate(db);
  const signingSeed = randomSeed(systemIds);
  const project = { ...projectOf(sandbox.passphrase, signingSeed), ...options.project };
  const ctx: AnchorContext = {
    project,
    db,
    box: createSecretBox(project.secrets.encryptionKey, systemIds),
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
    databaseUrl: 'sqlite::memory:',
    homeDomain: 'localhost:8000',
    homeDomains: ['localhost:8000'],
    branding: { accent: '#123456', logo: undefined },
    sep10: { clientDomainRequired: false, clientDomains: [], tokenLifetimeSeconds: 86_400 },
    sep24: { claimableBalances: true, accountCreation: true },
    transfers: { expireHours: 24 },
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
