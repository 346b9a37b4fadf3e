import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadProject } from '../../src/config/index.ts';
import type { Integrations, TestBank } from '../../src/config/integrations.ts';
import type { Project } from '../../src/config/project.ts';
import { migrate } from '../../src/database/index.ts';
import { runAllLoop } from '../../src/jobs/index.ts';
import { systemIds } from '../../src/kernel/ids.ts';
import { type Log, silentLog } from '../../src/kernel/log.ts';
import { issueAsset, registerAsset } from '../../src/payments/provision/index.ts';
import { createSandbox, type Sandbox } from '../../src/sandbox/index.ts';
import { createApp } from '../../src/server/app.ts';
import { createContext } from '../../src/server/context.ts';
import { keyPairFromSeed, randomSeed } from '../../src/stellar/keys.ts';
import type { Fetch } from '../../src/stellar/port.ts';
import type { AnchorContext } from '../../src/transfers/index.ts';

const HORIZON = 'http://localhost:8001';
const PASSPHRASE = 'Two Anchors ; one sandbox';

export interface Party {
  ctx: AnchorContext;
  home: string;
  /** the account by which it logs in elsewhere */
  signing: string;
  bank: TestBank;
  distribution: string;
  /** of the asset on the ledger, stroops */
  balance(): Promise<bigint>;
  statement(kind: 'credit' | 'payout'): Promise<{ amount: string; counterparty: string }[]>;
}

export interface TwoAnchors {
  a: Party;
  b: Party;
  sandbox: Sandbox;
  issuer: string;
  /** stands between an anchor and the other one; answers or passes on */
  wire: {
    between:
      | ((url: string, init: RequestInit | undefined, pass: () => Promise<Response>) => Promise<Response>)
      | null;
  };
  /** until the condition holds */
  until<T>(what: string, read: () => Promise<T | null | undefined | false>): Promise<T>;
  close(): Promise<void>;
}

export interface PartyOptions {
  toml?: string;
  integrations?: Integrations;
  project?: Partial<Project>;
}

/** Two whole anchors with a bank each, on one sandbox, their jobs running; the first issues SRT and sends, the second takes it. */
export async function twoAnchors(
  options: { a?: PartyOptions; b?: PartyOptions; log?: Log; jobs?: boolean } = {},
): Promise<TwoAnchors> {
  const folder = mkdtempSync(join(tmpdir(), 'two-anchors-'));
  const sandbox = createSandbox({ passphrase: PASSPHRASE, close: 0.05, state: 'memory' });
  sandbox.start();
  const apps = new Map<string, { request(url: string, init?: RequestInit): Response | Promise<Response> }>();
  const wire: TwoAnchors['wire'] = { between: null };
  const fetch: Fetch = async (input, init) => {
    if (input.startsWith(`${HORIZON}/`)) return sandbox.fetch(input, init);
    const app = apps.get(new URL(input).origin);
    if (app === undefined) throw new Error(`${input} does not exist here`);
    const pass = async () => app.request(input, init);
    return wire.between === null ? pass() : wire.between(input, init, pass);
  };
  const stopping = new AbortController();
  const running: Promise<unknown>[] = [];
  const closing: (() => Promise<void>)[] = [];
  let issuerSeed: string | null = null;

  const open = async (name: string, port: number, given: PartyOptions = {}): Promise<Party> => {
    const root = join(folder, name);
    mkdirSync(root, { recursive: true });
    writeFileSync(join(root, 'anchor.toml'), given.toml ?? 'seps = [1, 10, 12, 31]\n');
    const home = `http://localhost:${port}`;
    const seed = randomSeed(systemIds);
    const env = {
      STELLAR_NETWORK: 'sandbox',
      STELLAR_NETWORK_PASSPHRASE: PASSPHRASE,
      PORT: String(port),
      SANDBOX_PORT: '8001',
      HOST_URL: home,
      HORIZON_URI: HORIZON,
      FRIENDBOT_URI: `${HORIZON}/friendbot`,
      LOCAL_MODE: 'true',
      DATABASE_URL: `sqlite:${join(root, 'anchor.db')}`,
      SIGNING_SEED: seed,
      SERVER_JWT_KEY: systemIds.bytes(32).toString('base64url'),
      ENCRYPTION_KEY: `test:${systemIds.bytes(32).toString('base64')}`,
    };
    const loaded = await loadProject({ dir: root, env });
    const project = {
      ...loaded,
      jobIntervalSeconds: 0.05,
      integrations: { ...loaded.integrations, ...given.integrations },
      ...given.project,
    };
    const ctx = await createContext(project, { log: options.log ?? silentLog, fetch });
    closing.push(() => ctx.close());
    await migrate(ctx.db);
    const nothing = async () => {};
    if (issuerSeed === null) {
      await issueAsset(
        ctx,
        { code: 'SRT', supply: null, clawback: false },
        {
          distribution: async () => null,
          distributionStored: nothing,
          issuer: async () => issuerSeed,
          keepIssuer: async (made) => {
            issuerSeed = made;
          },
        },
        () => {},
      );
    } else {
      await registerAsset(
        ctx,
        { code: 'SRT', issuer: keyPairFromSeed(issuerSeed).publicKey },
        {
          distribution: async () => null,
          distributionStored: nothing,
          issuer: async () => null,
          keepIssuer: nothing,
        },
        () => {},
      );
    }
    await ctx.db.read
      .updateTable('assets')
      .set({
        sep31_enabled: 1,
        sep38_enabled: 1,
        anchored_asset: 'iso4217:USD',
        significant_decimals: 2,
        deposit_fee_fixed_units: 10_000_000n,
        deposit_fee_percent_units: 0n,
        withdrawal_fee_fixed_units: 20_000_000n,
        withdrawal_fee_percent_units: 0n,
      })
      .execute();
    const row = await ctx.db.read.selectFrom('assets').selectAll().executeTakeFirstOrThrow();
    apps.set(home, createApp(ctx));
    if (options.jobs !== false)
      running.push(runAllLoop(ctx, { signal: stopping.signal, intervalSeconds: 0.05 }));
    const bank = ctx.project.integrations.testBank as TestBank;
    return {
      ctx,
      home,
      signing: keyPairFromSeed(seed).publicKey,
      bank,
      distribution: row.distribution_account,
      async balance() {
        const found = await ctx.network.account(row.distribution_account);
        if ('missing' in found) return 0n;
        return found.balances.find((one) => one.asset === `SRT:${row.issuer}`)?.balance ?? 0n;
      },
      async statement(kind) {
        return (await bank.statement()).filter((line) => line.kind === kind);
      },
    };
  };

  try {
    const a = await open('a', 8000, options.a);
    const b = await open('b', 9000, options.b);
    return {
      a,
      b,
      sandbox,
      issuer: issuerSeed === null ? '' : keyPairFromSeed(issuerSeed).publicKey,
      wire,
      async until(what, read) {
        const deadline = Date.now() + 30_000;
        for (;;) {
          const found = await read();
          if (found) return found as never;
          if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
          await new Promise((done) => setTimeout(done, 20));
        }
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }

  async function close(): Promise<void> {
    stopping.abort();
    await Promise.all(running);
    await sandbox.close();
    for (const end of closing) await end();
    rmSync(folder, { recursive: true, force: true });
  }
}
