import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BankCredit, Integrations, RailsIntegration } from '../../src/config/integrations.ts';
import type { Project } from '../../src/config/project.ts';
import { setFact } from '../../src/database/repositories/facts.ts';
import { createSecretBox } from '../../src/database/secret-box.ts';
import type { StellarAsset } from '../../src/kernel/assets.ts';
import type { Clock } from '../../src/kernel/clock.ts';
import { systemIds } from '../../src/kernel/ids.ts';
import { type Log, silentLog } from '../../src/kernel/log.ts';
import { createSandbox, type Sandbox, type SandboxOptions } from '../../src/sandbox/index.ts';
import { buildTransaction, type Operation } from '../../src/stellar/build.ts';
import { createHorizon } from '../../src/stellar/horizon.ts';
import { type KeyPair, keyPairFromRawSeed, randomKeyPair } from '../../src/stellar/keys.ts';
import type { Fetch, NetworkOperation } from '../../src/stellar/port.ts';
import {
  type AnchorContext,
  type AssetRow,
  createTransaction,
  type Kind,
  type NewTransaction,
  type ObligationRow,
  type PassOptions,
  sealDistributionSeed,
  submitInteractive,
  type TransactionRow,
} from '../../src/transfers/index.ts';
import type { TestDatabase } from './databases.ts';

export const XLM = 10_000_000n;

export type Seeded = KeyPair & { readonly seed: string };

/** A clock that can be put forward; short pauses jump, time limits and renewals are real. */
export interface MoneyClock extends Clock {
  advance(ms: number): void;
}

export function moneyClock(): MoneyClock {
  let shift = 0;
  return {
    now: () => Date.now() + shift,
    sleep(ms, signal) {
      return new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const jumps = ms <= 4_500;
        const until = Date.now() + shift + ms;
        const done = (): void => {
          clearTimeout(timer);
          signal?.removeEventListener('abort', done);
          if (jumps && !signal?.aborted) shift = Math.max(shift, until - Date.now());
          resolve();
        };
        const timer = setTimeout(done, jumps ? Math.ceil(ms / 200) : ms);
        signal?.addEventListener('abort', done, { once: true });
      });
    },
    advance(ms) {
      shift += ms;
    },
  };
}

/** A bank that does what the test says. */
export interface ScriptedBank {
  rails: RailsIntegration;
  credits: BankCredit[];
  /** what was paid out, by key; an entry is made when the bank takes the payout */
  paid: Map<string, string>;
  calls: { payout: string[]; lookup: string[] };
  /** replaces the answer of the next payouts */
  onPayout: ((key: string, take: () => void) => unknown) | null;
}

export function scriptedBank(options: { lookup?: boolean; poll?: boolean } = {}): ScriptedBank {
  const bank: ScriptedBank = {
    credits: [],
    paid: new Map(),
    calls: { payout: [], lookup: [] },
    onPayout: null,
    rails: {
      async pollDeposits({ cursor }) {
        const from = cursor === null ? 0 : Number(cursor);
        return { credits: bank.credits.slice(from), cursor: String(bank.credits.length) };
      },
      async payout({ key, amount }) {
        bank.calls.payout.push(key);
        const take = (): void => {
          bank.paid.set(key, amount);
        };
        if (bank.onPayout !== null) return bank.onPayout(key, take) as never;
        take();
        return { status: 'completed', externalId: `P-${key}` };
      },
    },
  };
  if (options.lookup !== false) {
    bank.rails.lookupPayout = async (key) => {
      bank.calls.lookup.push(key);
      return bank.paid.has(key) ? { status: 'completed', externalId: `P-${key}` } : { status: 'none' };
    };
  }
  if (options.poll) {
    bank.rails.pollPayouts = async (waiting) =>
      waiting
        .filter(({ key }) => bank.paid.has(key))
        .map(({ key }) => ({ key, status: 'completed' as const }));
  }
  return bank;
}

/** An anchor's money side on a real sandbox, in process, with a distribution account and an asset SRT. */
export interface Money {
  ctx: AnchorContext;
  sandbox: Sandbox;
  clock: MoneyClock;
  bank: ScriptedBank;
  asset: AssetRow;
  stellarAsset: StellarAsset;
  issuer: Seeded;
  distribution: Seeded;
  options: PassOptions;
  /** a second process on the same database and network; `fetch` may stand between it and the network */
  context(more?: { fetch?: Fetch }): AnchorContext;
  worker(name: string): PassOptions;
  /** funded; with a trustline unless told not to */
  wallet(options?: { trust?: boolean; funded?: boolean; units?: bigint }): Promise<Seeded>;
  apply(
    source: KeyPair,
    operations: Operation[],
    more?: { memo?: { type: 'text' | 'id' | 'hash'; value: string } },
  ): Promise<string>;
  /** an operator has looked at what the distribution account did by hand */
  agree(): Promise<void>;
  closeLedgers(count: number): void;
  /** through the last form */
  started(
    kind: Kind,
    account: string,
    units: bigint,
    more?: Partial<NewTransaction>,
  ): Promise<TransactionRow>;
  credit(row: TransactionRow, amount: string, more?: Partial<BankCredit>): BankCredit;
  row(id: string): Promise<TransactionRow>;
  obligations(id: string): Promise<ObligationRow[]>;
  /** of the account on the ledger, stroops of SRT, or of XLM */
  balance(account: string, key?: string): Promise<bigint>;
  /** every operation that paid or gave to this account, from the ledger's truth */
  deliveries(account: string): Promise<NetworkOperation[]>;
  close(): Promise<void>;
}

let counter = 0;

export interface MoneyOptions {
  integrations?: Integrations;
  bank?: ScriptedBank;
  fetch?: (fetch: Fetch) => Fetch;
  project?: Partial<Project>;
  asset?: Partial<AssetRow>;
  log?: Log;
  sandbox?: SandboxOptions;
}

export async function openMoney(test: TestDatabase, options: MoneyOptions = {}): Promise<Money> {
  const clock = moneyClock();
  const sandbox = createSandbox({ close: 'manual', seed: 'money', ...options.sandbox });
  const direct: Fetch = (input, init) => sandbox.fetch(input, init);
  const closing = closesAfterSubmit(sandbox, direct);
  const bank = options.bank ?? scriptedBank();
  const root = mkdtempSync(join(tmpdir(), 'money-'));
  const project = projectFor(root, sandbox.passphrase, { rails: bank.rails, ...options.integrations });
  const make = (fetch: Fetch): AnchorContext => ({
    project: { ...project, ...options.project },
    // one clock for all: the database's is the money's
    db: { ...test.db, nowMs: async () => BigInt(Math.floor(clock.now())) },
    box: createSecretBox(`k1:${Buffer.alloc(32, 7).toString('base64')}`, systemIds),
    network: createHorizon({
      url: 'http://sandbox',
      passphrase: sandbox.passphrase,
      friendbotUrl: 'http://sandbox/friendbot',
      fetch,
      clock,
    }),
    fetch,
    clock,
    ids: systemIds,
    log: options.log ?? silentLog,
  });
  const ctx = make(options.fetch ? options.fetch(closing) : closing);
  const plain = make(closing);
  const issuer = randomKeyPair(systemIds);
  const distribution = randomKeyPair(systemIds);
  const code = `SRT${counter++}`;
  const srt = { code, issuer: issuer.publicKey };
  const key = `${code}:${issuer.publicKey}`;

  const apply: Money['apply'] = async (source, operations, more = {}) => {
    const account = await plain.network.account(source.publicKey);
    if ('missing' in account) throw new Error(`${source.publicKey} does not exist`);
    const signed = await buildTransaction({
      passphrase: sandbox.passphrase,
      source: source.publicKey,
      sequence: account.sequence + 1n,
      feePerOperation: 100n,
      operations,
      memo: more.memo ?? null,
      maxTime: 0,
      signers: [source],
    });
    sandbox.closeLedger({ transactions: [signed.xdr] });
    return signed.hash;
  };
  const rootKey = keyPairFromRawSeed(createHash('sha256').update(sandbox.passphrase).digest());
  const fund = async (account: string, units = 1_000n * XLM): Promise<void> => {
    await apply(rootKey, [{ type: 'createAccount', destination: account, startingBalance: units }]);
  };

  await fund(issuer.publicKey);
  await fund(distribution.publicKey);
  await apply(distribution, [{ type: 'changeTrust', asset: srt }]);
  await apply(issuer, [
    { type: 'payment', destination: distribution.publicKey, asset: srt, amount: 1_000_000n * XLM },
  ]);
  const asset = await insertAsset(plain, code, issuer, distribution, options.asset);
  const worker = (name: string): PassOptions => ({
    signal: new AbortController().signal,
    get deadlineMs() {
      return clock.now() + 20_000;
    },
    worker: { owner: name, machine: 'test', boot: 'test', isGone: () => false },
  });

  return {
    ctx,
    sandbox,
    clock,
    bank,
    asset,
    stellarAsset: srt,
    issuer,
    distribution,
    options: worker('one'),
    context: (more = {}) => make(more.fetch ?? closing),
    worker,
    apply,
    async wallet({ trust = true, funded = true, units = 0n } = {}) {
      const pair = randomKeyPair(systemIds);
      if (funded) await fund(pair.publicKey, 100n * XLM);
      if (funded && trust) await apply(pair, [{ type: 'changeTrust', asset: srt }]);
      if (units > 0n) {
        await apply(issuer, [{ type: 'payment', destination: pair.publicKey, asset: srt, amount: units }]);
      }
      return pair;
    },
    agree: () => agreeOn(plain, distribution.publicKey),
    closeLedgers(count) {
      for (let i = 0; i < count; i++) sandbox.closeLedger();
    },
    async started(kind, account, units, more = {}) {
      const row = await plain.db.write((trx) =>
        createTransaction(plain, trx, {
          sep: '24',
          kind,
          assetId: asset.id,
          owner: account,
          subject: account,
          account,
          ...more,
        }),
      );
      return submitInteractive(plain, row, { amountUnits: units, fields: { first_name: 'Ada' } });
    },
    credit(row, amount, more = {}) {
      const credit = { id: `C-${counter++}`, amount, reference: row.reference, from: 'Ada', ...more };
      bank.credits.push(credit);
      return credit;
    },
    row: (id) =>
      plain.db.read.selectFrom('transactions').selectAll().where('id', '=', id).executeTakeFirstOrThrow(),
    obligations: (id) =>
      plain.db.read.selectFrom('obligations').selectAll().where('transaction_id', '=', id).execute(),
    async balance(account, of = key) {
      const found = await plain.network.account(account);
      if ('missing' in found) return 0n;
      return found.balances.find((one) => one.asset === of)?.balance ?? 0n;
    },
    async deliveries(account) {
      const all: NetworkOperation[] = [];
      for (let cursor: string | null = '0'; ; ) {
        const page: NetworkOperation[] = await plain.network.operations(account, cursor, 40);
        all.push(...page);
        if (page.length < 40) break;
        cursor = page.at(-1)?.pagingToken ?? null;
      }
      return all.filter((one) => one.sourceAccount === distribution.publicKey);
    },
    async close() {
      await sandbox.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** Closes ledgers as long as a transaction waits for one, as a running network does. */
export function closesAfterSubmit(sandbox: Sandbox, fetch: Fetch): Fetch {
  const submits = /\/transactions(_async)?$/;
  let closing = false;
  const close = async (): Promise<void> => {
    do {
      await new Promise((done) => setImmediate(done));
      if (sandbox.ledger.pending().length > 0) sandbox.closeLedger();
    } while (sandbox.ledger.pending().length > 0);
    closing = false;
  };
  return async (input, init) => {
    if (init?.method !== 'POST' || !submits.test(input)) return fetch(input, init);
    if (input.endsWith('_async')) {
      const answer = await fetch(input, init);
      if (!closing) {
        closing = true;
        void close();
      }
      return answer;
    }
    const answer = fetch(input, init);
    let open = true;
    const waiting = (async () => {
      while (open) {
        await new Promise((done) => setImmediate(done));
        if (open && sandbox.ledger.pending().length > 0) sandbox.closeLedger();
      }
    })();
    try {
      return await answer;
    } finally {
      open = false;
      await waiting;
    }
  };
}

/** What was done by hand up to now is on no book, and need not be. */
async function agreeOn(ctx: AnchorContext, account: string): Promise<void> {
  const found = await ctx.network.account(account);
  const sequence = 'missing' in found ? 0n : found.sequence;
  await setFact(ctx.db.read, `baseline:${account}`, sequence.toString(), new Date().toISOString());
}

async function insertAsset(
  ctx: AnchorContext,
  code: string,
  issuer: Seeded,
  distribution: Seeded,
  more: Partial<AssetRow> = {},
): Promise<AssetRow> {
  const id = systemIds.uuid();
  await agreeOn(ctx, distribution.publicKey);
  return ctx.db.read
    .insertInto('assets')
    .values({
      id,
      code,
      issuer: issuer.publicKey,
      distribution_account: distribution.publicKey,
      distribution_seed: sealDistributionSeed(ctx.box, id, distribution.seed),
      significant_decimals: 2,
      sep24_enabled: 1,
      deposit_fee_fixed_units: XLM,
      withdrawal_fee_percent_units: XLM,
      created_at: new Date().toISOString(),
      ...more,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
}

function projectFor(root: string, passphrase: string, integrations: Integrations): Project {
  return {
    root,
    organization: { name: 'Nordlicht Bank' },
    network: { name: 'sandbox', passphrase, horizonUrl: 'http://sandbox', friendbotUrl: undefined },
    seps: [1, 10, 24],
    hostUrl: 'http://localhost:8000',
    port: 8000,
    sandboxPort: 8001,
    localMode: true,
    databaseUrl: '',
    homeDomain: 'localhost:8000',
    homeDomains: ['localhost:8000'],
    branding: { accent: '#0f6b5c', logo: undefined },
    sep10: { clientDomainRequired: false, clientDomains: [], tokenLifetimeSeconds: 3600 },
    sep24: { claimableBalances: true, accountCreation: true },
    transfers: { expireHours: 72 },
    stellar: { startingBalance: 20_100_000n, maxFee: 100_000n },
    sandbox: { closeMs: 1000, state: 'memory', seed: 'test' },
    jobIntervalSeconds: 1,
    setup: { asset: undefined, issuer: undefined },
    secrets: {
      signingSeed: undefined,
      jwtKey: 'a-test-key-of-more-than-sixteen-characters',
      encryptionKey: undefined,
      adminPasswordHash: undefined,
      distributionSeed: undefined,
      issuerSeed: undefined,
    },
    integrations,
    forms: new Map(),
  };
}

/** Sets the sandbox's faults. */
export async function faults(sandbox: Sandbox, rules: object[]): Promise<void> {
  const answer = await sandbox.app.request('http://sandbox/sandbox/faults', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(rules),
  });
  if (!answer.ok) throw new Error(await answer.text());
}
