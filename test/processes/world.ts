import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import { loadProject } from '../../src/config/index.ts';
import { formatAmount } from '../../src/kernel/amounts.ts';
import { systemIds } from '../../src/kernel/ids.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { serveSandbox } from '../../src/sandbox/index.ts';
import { createContext, type OpenContext } from '../../src/server/context.ts';
import { buildTransaction, type Operation } from '../../src/stellar/build.ts';
import { type KeyPair, keyPairFromRawSeed, randomKeyPair } from '../../src/stellar/keys.ts';
import { createTransaction, submitInteractive, type TransactionRow } from '../../src/transfers/index.ts';
import { createTestProject, freePorts, type Running, type TestProject, until } from '../support/project.ts';
import { type FileBank, installBank } from './bank.ts';
import { startProxy, type Wiring } from './proxy.ts';

const XLM = 10_000_000n;
const PASSPHRASE = 'real processes ; a network of its own';
const UNITS = 10n * XLM;

/** Deposits and withdrawals under way, each to be paid exactly once. */
export interface Flows {
  deposits: { wallet: KeyPair; row: TransactionRow }[];
  withdrawals: TransactionRow[];
}

/** An anchor's project, its processes, the wire to its network, and the truth: the ledger and the bank's book. */
export interface World {
  ctx: OpenContext;
  project: TestProject;
  proxy: Wiring;
  bank: FileBank;
  /** `anchor run JOB --loop` */
  start(job: string): Running;
  /** so many of each, their money on its way to the anchor */
  begin(count: number): Promise<Flows>;
  /** until the database says that all are completed */
  completed(flows: Flows): Promise<void>;
  /** by the ledger and the bank: each paid once, and nothing beside */
  expectPaidOnce(flows: Flows): Promise<void>;
  /** payments that are bound and not yet proven */
  underWay(): Promise<number>;
  close(): Promise<void>;
}

export async function openWorld(databaseUrl: string | null): Promise<World> {
  const port = await freePorts();
  const served = await serveSandbox({ port: port + 1, close: 0.2, passphrase: PASSPHRASE });
  served.sandbox.start();
  const proxy = await startProxy(port + 1);
  const env: Record<string, string> = {
    PORT: String(port),
    SANDBOX_PORT: String(port + 1),
    STELLAR_NETWORK_PASSPHRASE: PASSPHRASE,
    HORIZON_URI: `http://127.0.0.1:${proxy.port}`,
    ...(databaseUrl === null ? {} : { DATABASE_URL: databaseUrl }),
  };
  const project = await createTestProject({ env });
  const bank = installBank(project.dir);
  const loaded = await loadProject({ dir: project.dir, env: project.env });
  // the test itself has a wire of its own
  const direct = (input: string, init?: RequestInit): Promise<Response> =>
    fetch(input.replace(`:${proxy.port}/`, `:${port + 1}/`), init);
  const ctx = await createContext(loaded, { log: silentLog, networkFetch: direct });
  const asset = await ctx.db.read.selectFrom('assets').selectAll().executeTakeFirstOrThrow();
  let serial = 0;

  const signed = async (
    source: KeyPair,
    operations: Operation[],
    more: { memo?: string; ahead?: number } = {},
  ): Promise<string> => {
    const account = await ctx.network.account(source.publicKey);
    if ('missing' in account) throw new Error('no such account');
    const { xdr } = await buildTransaction({
      passphrase: ctx.network.passphrase,
      source: source.publicKey,
      sequence: account.sequence + 1n + BigInt(more.ahead ?? 0),
      feePerOperation: 1_000n,
      operations,
      memo: more.memo === undefined ? null : { type: 'id', value: more.memo },
      maxTime: 0,
      signers: [source],
    });
    return xdr;
  };
  const close = (transactions: string[]) => served.sandbox.closeLedger({ transactions });
  const wallets = async (count: number): Promise<KeyPair[]> => {
    const all = Array.from({ length: count }, () => randomKeyPair(systemIds));
    const root = keyPairFromRawSeed(createHash('sha256').update(ctx.network.passphrase).digest());
    const startingBalance = 10n * XLM;
    close([
      await signed(
        root,
        all.map(({ publicKey }) => ({ type: 'createAccount', destination: publicKey, startingBalance })),
      ),
    ]);
    close(await Promise.all(all.map((pair) => signed(pair, [{ type: 'changeTrust', asset }]))));
    return all;
  };
  const started = async (
    kind: 'deposit' | 'withdrawal',
    account: string,
    amountUnits: bigint,
  ): Promise<TransactionRow> => {
    const row = await ctx.db.write((trx) =>
      createTransaction(ctx, trx, {
        sep: '24',
        kind,
        assetId: asset.id,
        owner: account,
        subject: account,
        account,
        // half of the deposits with a memo, each of them in a transaction of its own
        memo: kind === 'deposit' && serial++ % 2 === 0 ? { type: 'id', value: String(serial) } : null,
      }),
    );
    return submitInteractive(ctx, row, { amountUnits, fields: {} });
  };
  const [payer] = (await wallets(1)) as [KeyPair];
  // what withdrawals are paid with
  const stock = await started('deposit', payer.publicKey, 1_000n * XLM);
  bank.pay({ id: 'STOCK', amount: '1000', reference: stock.reference });
  const stocked = await project.anchor(['run', 'poll-deposits']);
  if (stocked.code !== 0) throw new Error(stocked.stdout + stocked.stderr);

  const payIn = async (rows: readonly TransactionRow[]): Promise<void> => {
    const pay = (row: TransactionRow, ahead: number): Promise<string> => {
      const destination = row.anchor_account ?? '';
      const operation = { type: 'payment', destination, asset, amount: UNITS } as const;
      return signed(payer, [operation], { memo: row.memo ?? '', ahead });
    };
    close(await Promise.all(rows.map(pay)));
  };
  const paidTo = async (account: string) => {
    const all = await ctx.network.operations(account, '0', 200);
    return all.filter((one) => one.type === 'payment' && one.raw['to'] === account);
  };

  return {
    ctx,
    project,
    proxy,
    bank,
    start: (job) => project.start(['run', job, '--loop', '--interval', '0.2']),
    async begin(count) {
      const flows: Flows = { deposits: [], withdrawals: [] };
      for (const wallet of await wallets(count)) {
        const row = await started('deposit', wallet.publicKey, UNITS);
        flows.deposits.push({ wallet, row });
        flows.withdrawals.push(await started('withdrawal', payer.publicKey, UNITS));
      }
      await payIn(flows.withdrawals);
      for (const { row } of flows.deposits) bank.pay({ id: row.id, amount: '10', reference: row.reference });
      return flows;
    },
    async completed({ deposits, withdrawals }) {
      const ids = [...deposits.map(({ row }) => row.id), ...withdrawals.map((row) => row.id)];
      await until(async () => {
        const rows = await ctx.db.read
          .selectFrom('transactions')
          .select('id')
          .where('id', 'in', ids)
          .where('status', '=', 'completed')
          .execute();
        return rows.length === ids.length;
      }, 'every flow is completed');
    },
    async expectPaidOnce({ deposits, withdrawals }) {
      for (const { wallet, row } of deposits) {
        const payments = await paidTo(wallet.publicKey);
        const now = await rowOf(ctx, row.id);
        expect(payments.map((one) => one.raw['amount'])).toEqual([formatStroops(now.amount_out_units)]);
        expect(now.stellar_transaction_id).toBe(payments[0]?.transaction.hash);
      }
      const paid = bank.paid();
      for (const row of withdrawals) {
        const [owed, another] = await ctx.db.read
          .selectFrom('obligations')
          .selectAll()
          .where('transaction_id', '=', row.id)
          .execute();
        expect(another).toBeUndefined();
        const payouts = paid.filter(({ key }) => key === owed?.id);
        expect(payouts.map(({ amount }) => amount)).toEqual([formatAmount(owed?.amount_units ?? 0n)]);
      }
      // M6: nothing left our account that the database does not know
      const envelopes = await ctx.db.read.selectFrom('envelopes').select('hash').execute();
      const known = new Set(envelopes.map((one) => one.hash));
      const ours = await ctx.network.recentTransactions(asset.distribution_account, 200);
      for (const one of ours.filter(({ sourceAccount }) => sourceAccount === asset.distribution_account)) {
        expect(known.has(one.hash)).toBe(true);
      }
    },
    async underWay() {
      const { n } = await ctx.db.read
        .selectFrom('obligations')
        .select(({ fn }) => fn.countAll().as('n'))
        .where('state', '=', 'bound')
        .executeTakeFirstOrThrow();
      return Number(n);
    },
    async close() {
      await ctx.close();
      await project.remove();
      await proxy.close();
      await served.close();
    },
  };
}

const rowOf = (ctx: OpenContext, id: string): Promise<TransactionRow> =>
  ctx.db.read.selectFrom('transactions').selectAll().where('id', '=', id).executeTakeFirstOrThrow();

const formatStroops = (units: bigint | null): string =>
  `${(units ?? 0n) / XLM}.${String((units ?? 0n) % XLM).padStart(7, '0')}`;
