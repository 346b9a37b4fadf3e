import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Hono } from 'hono';
import { loadProject, loadProjectMigrations } from '../../config/index.ts';
import type { Integrations } from '../../config/integrations.ts';
import { migrate } from '../../database/index.ts';
import { runAllLoop } from '../../jobs/index.ts';
import { systemClock } from '../../kernel/clock.ts';
import { AnchorError } from '../../kernel/errors.ts';
import { systemIds } from '../../kernel/ids.ts';
import { type Log, silentLog } from '../../kernel/log.ts';
import { encodeStrKey } from '../../kernel/strkey.ts';
import { issueAsset } from '../../payments/provision/index.ts';
import { createSandbox, type Sandbox } from '../../sandbox/index.ts';
import type { Fetch } from '../../stellar/port.ts';
import type { AnchorContext } from '../../transfers/index.ts';
import { createWallet } from '../../wallet/index.ts';
import { createApp } from '../app.ts';
import { createContext } from '../context.ts';
import { createTestCustomer } from './customer.ts';
import { createSendingAnchor } from './sending-anchor.ts';

export interface TestAnchorOptions {
  /** the project's folder, e.g. `new URL('..', import.meta.url)` from its `test/` */
  root: string | URL;
  /** used in place of the project's own hooks of these names */
  integrations?: Integrations;
  /** answers of the wallet to the forms, by field name */
  answers?: Record<string, string>;
  /** default: the asset of anchor.toml, else SRT */
  asset?: string;
  /** seconds between two ledgers; default 0.1 */
  closeSeconds?: number;
  log?: Log;
}

/** A whole anchor in this process: the project's own code, a database of its own, a sandbox network, a wallet. No sockets. */
export interface TestAnchor {
  readonly app: Hono;
  readonly context: AnchorContext;
  readonly sandbox: Sandbox;
  readonly wallet: ReturnType<typeof createWallet>;
  readonly asset: string;
  /** another anchor that sends payments to this one (SEP-31) */
  readonly sendingAnchor: ReturnType<typeof createSendingAnchor>;
  /** somebody who tells who they are (SEP-12) */
  readonly customer: ReturnType<typeof createTestCustomer>;
  /** Stops the jobs and removes everything it made. */
  stop(): Promise<void>;
}

const HOME = 'http://localhost:8000';
const HORIZON = 'http://localhost:8001';

/** Settings of a test run: nothing of the project's own secrets, network or data is touched. */
function environment(folder: string): Record<string, string> {
  return {
    STELLAR_NETWORK: 'sandbox',
    STELLAR_NETWORK_PASSPHRASE: 'Test Anchor Network ; create-anchor',
    PORT: '8000',
    HOST_URL: HOME,
    HORIZON_URI: HORIZON,
    FRIENDBOT_URI: `${HORIZON}/friendbot`,
    LOCAL_MODE: 'true',
    DATABASE_URL: `sqlite:${join(folder, 'anchor.db')}`,
    SIGNING_SEED: encodeStrKey('seed', systemIds.bytes(32)),
    SERVER_JWT_KEY: systemIds.bytes(32).toString('base64url'),
    ENCRYPTION_KEY: `test:${systemIds.bytes(32).toString('base64')}`,
    DISTRIBUTION_SEED: '',
    ISSUER_SEED: '',
  };
}

/** Addresses of the anchor and of the network lead to the two apps; nothing else exists. */
function router(app: () => Hono, sandbox: Sandbox): Fetch {
  return async (input, init) => {
    if (input.startsWith(`${HOME}/`)) return app().request(input, init);
    if (input.startsWith(`${HORIZON}/`)) return sandbox.fetch(input, init);
    throw new AnchorError({
      code: 'TEST_HOST_UNKNOWN',
      message: `${new URL(input).host} does not exist in a test: only the anchor and its sandbox do.`,
    });
  };
}

/**
 * Starts the project at `root` on a sandbox of its own, with its own integrations, issues the asset and runs every job.
 *
 * ```ts
 * const anchor = await startTestAnchor({ root: new URL('..', import.meta.url) });
 * const deposit = await anchor.wallet.deposit({ asset: anchor.asset, amount: '100', timeoutMs: 30_000 });
 * await anchor.stop();
 * ```
 */
export async function startTestAnchor(options: TestAnchorOptions): Promise<TestAnchor> {
  const root = typeof options.root === 'string' ? options.root : fileURLToPath(options.root);
  const folder = mkdtempSync(join(tmpdir(), 'test-anchor-'));
  const log = options.log ?? silentLog;
  process.env['ANCHOR_FAKE_BANK'] = join(folder, 'fake-bank.jsonl');
  const loaded = await loadProject({ dir: root, env: environment(folder) });
  const project = { ...loaded, integrations: { ...loaded.integrations, ...options.integrations } };
  const sandbox = createSandbox({
    passphrase: project.network.passphrase,
    close: options.closeSeconds ?? 0.1,
    state: 'memory',
  });
  sandbox.start();
  const fetch = router(() => app, sandbox);
  const context = await createContext(project, { log, fetch });
  const app = createApp(context);
  const stopping = new AbortController();
  const asset = options.asset ?? project.setup?.asset ?? 'SRT';
  let issuerSeed: string | null = null;
  try {
    await migrate(context.db, { project: await loadProjectMigrations(root) });
    issuerSeed = await provision(context, asset);
  } catch (error) {
    await sandbox.close();
    await context.close();
    throw error;
  }
  const jobs = runAllLoop(context, { signal: stopping.signal, intervalSeconds: 0.1 });
  return {
    app,
    context,
    sandbox,
    asset,
    wallet: createWallet({
      homeUrl: HOME,
      horizonUrl: HORIZON,
      friendbotUrl: `${HORIZON}/friendbot`,
      seed: encodeStrKey('seed', systemIds.bytes(32)),
      answers: options.answers,
      fetch,
      clock: systemClock,
    }),
    customer: createTestCustomer(context, HOME, fetch),
    sendingAnchor: createSendingAnchor({
      context,
      home: HOME,
      horizonUrl: HORIZON,
      asset,
      fetch,
      issuerSeed: () => issuerSeed,
    }),
    async stop() {
      stopping.abort();
      await jobs;
      await sandbox.close();
      await context.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The issuer's seed. */
async function provision(context: AnchorContext, code: string): Promise<string | null> {
  let issuer: string | null = null;
  await issueAsset(
    context,
    { code, supply: null, clawback: false },
    {
      distribution: async () => null,
      distributionStored: async () => {},
      issuer: async () => issuer,
      keepIssuer: async (seed) => {
        issuer = seed;
      },
    },
    () => {},
  );
  return issuer;
}
