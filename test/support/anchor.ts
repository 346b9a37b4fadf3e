import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Hono } from 'hono';
import { afterAll, beforeAll } from 'vitest';
import type { FormDefinition, Integrations } from '../../src/config/integrations.ts';
import type { NetworkName, Project } from '../../src/config/project.ts';
import { insertAsset, type NewAsset } from '../../src/database/repositories/assets.ts';
import { createSecretBox } from '../../src/database/secret-box.ts';
import type { Clock } from '../../src/kernel/clock.ts';
import { systemIds } from '../../src/kernel/ids.ts';
import type { Log } from '../../src/kernel/log.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { describeTransfer, sep6 } from '../../src/seps/sep06-transfer/index.ts';
import { sep12 } from '../../src/seps/sep12-kyc/index.ts';
import { describeTransaction, sep24 } from '../../src/seps/sep24-interactive/index.ts';
import { sep31 } from '../../src/seps/sep31-payments/index.ts';
import { sep38 } from '../../src/seps/sep38-quotes/index.ts';
import { tokensOf } from '../../src/seps/shared/tokens.ts';
import { type AnswerFault, checkAnswers } from '../../src/server/openapi/index.ts';
import type { MissingAccount, NetworkAccount, StellarNetwork } from '../../src/stellar/port.ts';
import type { AnchorContext } from '../../src/transfers/context.ts';
import { moveTransaction } from '../../src/transfers/move.ts';
import type { TransactionRow } from '../../src/transfers/rows.ts';
import type { Status } from '../../src/transfers/states.ts';
import { submitInteractive } from '../../src/transfers/submit.ts';
import { webErrorPage, webNotFound, webRoutes } from '../../src/web/index.ts';
import { createDatabase, type DatabaseKind } from './databases.ts';

/** Addresses for tests; nobody knows their seeds. */
export const ISSUER = 'GAOPQBZPADGVMDLH75HT3V7MAILCVMCJP5IVXLRULDAOFY3RCSJDHZST';
export const DISTRIBUTION = 'GAYXN5SQZ4TVV7DXUAOUUQQFOEBV7I3OKAOW2TXYW32DBBW3K43YYOT3';
export const ALICE = 'GA7JFA6EGUUKTDZ4PAPOEJUWFNVHKI267WW6BU5N7AKEHMDKNHQWLF2B';
export const BOB = 'GD24MY757JKWBIF7PYRR2BSXND7MECBAY2ZGUF5A2SKE4TGHOO7LQ7IL';
/** the user 77 of SHARED */
export const MUXED = 'MAX6P2LU6ONZHPLOOYDCTSIXFQUDJCF4E3GBH24E5GAIJVHDIZHDCAAAAAAAAAAAJXWKE';
export const SHARED = 'GAX6P2LU6ONZHPLOOYDCTSIXFQUDJCF4E3GBH24E5GAIJVHDIZHDCX4Z';
export const CONTRACT = 'CBMCRHQ7OLPBBINUAMUKV276NKXLQEQGHAF2O2JWIIWSDAVKCOW3U6VO';

export interface TestAnchorOptions {
  database?: DatabaseKind;
  integrations?: Integrations;
  forms?: Record<string, FormDefinition>;
  project?: Partial<Omit<Project, 'network'>> & { network?: NetworkName };
  /** besides SRT, which is there with limits 1 to 10000 and a fee of 1 + 0.1 % */
  assets?: Partial<NewAsset>[];
  /** files of the project, e.g. `pages/amount.ejs` */
  files?: Record<string, string>;
  network?: Partial<StellarNetwork>;
  log?: Log;
  dev?: boolean;
}

/** An anchor's HTTP side over a real database, without sockets. Time stands still until `clock.advance`. */
export interface TestAnchor {
  ctx: AnchorContext;
  app: Hono;
  clock: Clock & { advance(ms: number): void };
  request(path: string, init?: RequestInit): Promise<Response>;
  /** a SEP-10 token: `G…`, `G…:7`, `M…` */
  token(subject: string, claims?: Record<string, unknown>): string;
  row(id: string): Promise<TransactionRow>;
  /** what the last form does */
  submit(id: string, amountUnits: bigint): Promise<TransactionRow>;
  /** moves a transaction along, as the jobs would */
  advance(id: string, ...statuses: Status[]): Promise<TransactionRow>;
  close(): Promise<void>;
}

const HOST = 'http://localhost:8000';

function testClock(): TestAnchor['clock'] {
  let now = Date.UTC(2026, 0, 31, 12);
  return {
    now: () => now,
    // Time limits of hooks: nobody waits for them here.
    sleep: (_ms, signal) =>
      new Promise((done) => signal?.addEventListener('abort', () => done(), { once: true })),
    advance(ms) {
      now += ms;
    },
  };
}

const nobody = (): never => {
  throw new Error('This test has no network.');
};

function projectOf(root: string, databaseUrl: string, options: TestAnchorOptions): Project {
  const { network = 'sandbox', ...more } = options.project ?? {};
  return {
    root,
    organization: { name: 'Nordlicht Bank', supportEmail: 'help@nordlicht.example' },
    network: {
      name: network,
      passphrase: 'Test Anchor Network ; 2026',
      horizonUrl: 'http://localhost:8001',
      friendbotUrl: undefined,
    },
    seps: [1, 10, 24],
    hostUrl: HOST,
    port: 8000,
    sandboxPort: 8001,
    localMode: true,
    databaseUrl,
    homeDomain: 'localhost:8000',
    homeDomains: ['localhost:8000'],
    branding: { accent: '#0f6b5c', logo: undefined },
    sep10: { clientDomainRequired: false, clientDomains: [], tokenLifetimeSeconds: 3600 },
    sep24: { claimableBalances: true, accountCreation: true },
    transfers: { expireHours: 72 },
    stellar: { startingBalance: 20_100_000n, maxFee: 100_000n },
    sandbox: { closeMs: 1000, state: 'memory', seed: 'test' },
    jobIntervalSeconds: 5,
    setup: { asset: undefined, issuer: undefined },
    secrets: {
      signingSeed: undefined,
      jwtKey: 'a-test-key-of-more-than-sixteen-characters',
      encryptionKey: `k1:${Buffer.alloc(32, 7).toString('base64')}`,
      adminPasswordHash: undefined,
      distributionSeed: undefined,
      issuerSeed: undefined,
    },
    integrations: options.integrations ?? {},
    forms: new Map(Object.entries(options.forms ?? {})),
    ...more,
  };
}

export const asset = (more: Partial<NewAsset> = {}): NewAsset => ({
  id: `asset-${more.code ?? 'SRT'}-${(more.issuer ?? '').slice(0, 4)}`,
  code: 'SRT',
  issuer: ISSUER,
  distribution_account: DISTRIBUTION,
  distribution_seed: null,
  significant_decimals: 2,
  anchored_asset: null,
  description: null,
  sep6_enabled: 1,
  sep24_enabled: 1,
  deposit_enabled: 1,
  deposit_min_units: 10_000_000n,
  deposit_max_units: 100_000_000_000n,
  deposit_fee_fixed_units: 10_000_000n,
  deposit_fee_percent_units: 1_000_000n,
  withdrawal_enabled: 1,
  withdrawal_min_units: 10_000_000n,
  withdrawal_max_units: 100_000_000_000n,
  withdrawal_fee_fixed_units: 10_000_000n,
  withdrawal_fee_percent_units: 1_000_000n,
  created_at: '2026-01-01T00:00:00.000Z',
  ...more,
});

export async function createTestAnchor(options: TestAnchorOptions = {}): Promise<TestAnchor> {
  const clock = testClock();
  const { db, root, url, drop } = await createDatabase(options.database ?? 'sqlite', {
    now: () => clock.now(),
  });
  for (const [name, text] of Object.entries(options.files ?? {})) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  for (const row of [{}, ...(options.assets ?? [])]) await insertAsset(db.read, asset(row));
  const project = projectOf(root, url, options);
  const network: StellarNetwork = {
    passphrase: project.network.passphrase,
    account: nobody,
    latestLedger: nobody,
    ledgerAt: nobody,
    feeStats: nobody,
    submit: nobody,
    submitAsync: nobody,
    transaction: nobody,
    operations: nobody,
    transactions: nobody,
    recentTransactions: nobody,
    effects: nobody,
    lastCursor: nobody,
    fund: nobody,
    ...options.network,
  };
  const ctx: AnchorContext = {
    project,
    db,
    box: createSecretBox(project.secrets.encryptionKey ?? '', systemIds),
    network,
    fetch: nobody,
    clock,
    ids: systemIds,
    log: options.log ?? silentLog,
  };
  const row = (id: string) =>
    db.read.selectFrom('transactions').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
  const app = new Hono();
  const dev = options.dev ?? false;
  // every answer of every test has the shape that its SEP gives it
  const invalid: AnswerFault[] = [];
  const seps = [sep6, sep12, sep24, sep31, sep38];
  app.use(
    checkAnswers(
      seps.flatMap(({ endpoints }) => endpoints),
      (fault) => invalid.push(fault),
    ),
  );
  app.route('/', sep6.routes(ctx));
  app.route('/', sep12.routes(ctx));
  app.route('/', sep24.routes(ctx));
  app.route('/', sep31.routes(ctx));
  app.route('/', sep38.routes(ctx));
  app.route(
    '/',
    webRoutes(ctx, {
      dev,
      describe: (row) => (row.sep === '6' ? describeTransfer : describeTransaction)(ctx, row),
    }),
  );
  app.notFound((c) => webNotFound(ctx, c));
  app.onError((error, c) => webErrorPage(ctx, c, error, { dev }));
  return {
    ctx,
    app,
    clock,
    async request(path, init) {
      const answer = await app.request(path.startsWith('http') ? path : `${HOST}${path}`, init);
      const [fault] = invalid.splice(0);
      if (fault !== undefined) throw new Error(`an answer without its shape: ${JSON.stringify(fault)}`);
      return answer;
    },
    token: (sub, claims = {}) => tokensOf(ctx).sign('api', { sub, lifetimeSeconds: 3600, claims }),
    row,
    submit: async (id, amountUnits) => submitInteractive(ctx, await row(id), { amountUnits, fields: {} }),
    async advance(id, ...statuses) {
      let at = await row(id);
      for (const to of statuses) {
        clock.advance(61_000);
        const set =
          to === 'completed'
            ? { stellar_transaction_id: 'ab'.repeat(32) }
            : to === 'pending_anchor'
              ? { from_address: 'Ada Lovelace' }
              : {};
        const from = at;
        at = await db.write((trx) =>
          moveTransaction(ctx, trx, from, { to, by: 'test', reason: 'test', set }),
        );
      }
      return at;
    },
    close: drop,
  };
}

export const missing = (id: string): MissingAccount => ({ id, missing: true, ledger: 7 });
export const existing = (id: string): NetworkAccount => ({
  id,
  sequence: 1n,
  balances: [],
  signers: [],
  thresholds: { low: 0, medium: 0, high: 0 },
  flags: { authRequired: false, authRevocable: false, authImmutable: false, clawbackEnabled: false },
  subEntryCount: 0,
  sponsoring: 0,
  sponsored: 0,
  homeDomain: null,
  data: {},
  ledger: 7,
});

export const FORMS: Record<string, FormDefinition> = {
  person: {
    title: 'About you',
    guidance: 'The law asks us who our customers are.',
    fields: [
      { name: 'first_name', label: 'First name', autocomplete: 'given-name' },
      { name: 'last_name', label: 'Last name', autocomplete: 'family-name' },
      {
        name: 'email_address',
        label: 'E-mail',
        kind: 'email',
        autocomplete: 'email',
        help: 'We write only when something is wrong.',
      },
    ],
  },
  bank: {
    title: 'Your bank account',
    kinds: ['withdrawal'],
    fields: [
      { name: 'bank_account_number', label: 'Account number', minLength: 6, maxLength: 34 },
      {
        name: 'bank_account_type',
        label: 'Kind of account',
        kind: 'select',
        choices: [
          { value: 'checking', label: 'Checking' },
          { value: 'savings', label: 'Savings' },
        ],
      },
      { name: 'owner', label: 'This account is mine', kind: 'checkbox' },
      { name: 'note', label: 'Note', kind: 'textarea', required: false },
    ],
  },
};

/** One anchor for the tests of a describe block; usable inside of tests and hooks only. */
export function useTestAnchor(options: TestAnchorOptions = {}): TestAnchor {
  let made: TestAnchor | undefined;
  beforeAll(async () => {
    made = await createTestAnchor(options);
  });
  afterAll(() => made?.close());
  return new Proxy({} as TestAnchor, {
    get: (_, name) => {
      if (made === undefined) throw new Error('The anchor is there inside of tests only.');
      return made[name as keyof TestAnchor];
    },
  });
}
