import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadProject } from '../../src/config/index.ts';
import { systemIds } from '../../src/kernel/ids.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { type ServedSandbox, serveSandbox } from '../../src/sandbox/index.ts';
import { createContext, type OpenContext } from '../../src/server/context.ts';
import { buildTransaction, type Operation } from '../../src/stellar/build.ts';
import { type KeyPair, keyPairFromRawSeed, randomKeyPair } from '../../src/stellar/keys.ts';
import { createTransaction, submitInteractive, type TransactionRow } from '../../src/transfers/index.ts';
import { createDatabase, DATABASES, type TestDatabase } from '../support/databases.ts';
import { createTestProject, freePorts, type TestProject, until } from '../support/project.ts';

const DEPOSITS = 50;
const KILLS = 12;
const PASSPHRASE = 'kill -9 ; a network of its own';

/** Deposits, each with the wallet that is to be paid once. */
interface Deposit {
  wallet: KeyPair;
  row: TransactionRow;
}

describe.each(DATABASES.filter((one) => one.available))('kill -9 on $kind', ({ kind }) => {
  let served: ServedSandbox;
  let project: TestProject;
  let ctx: OpenContext;
  let database: TestDatabase | undefined;
  beforeAll(async () => {
    const port = await freePorts();
    served = await serveSandbox({ port: port + 1, close: 0.1, passphrase: PASSPHRASE });
    served.sandbox.start();
    const env: Record<string, string> = {
      PORT: String(port),
      SANDBOX_PORT: String(port + 1),
      STELLAR_NETWORK_PASSPHRASE: PASSPHRASE,
    };
    if (kind === 'postgres') {
      database = await createDatabase(kind, { empty: true });
      env['DATABASE_URL'] = database.url;
    }
    project = await createTestProject({ env });
    const loaded = await loadProject({ dir: project.dir, env: project.env });
    ctx = await createContext(loaded, { log: silentLog });
  });
  afterAll(async () => {
    await ctx?.close();
    await project?.remove();
    await served?.close();
    await database?.drop();
  });

  const signed = async (source: KeyPair, operations: Operation[]): Promise<string> => {
    const account = await ctx.network.account(source.publicKey);
    if ('missing' in account) throw new Error('no such account');
    const { xdr } = await buildTransaction({
      passphrase: ctx.network.passphrase,
      source: source.publicKey,
      sequence: account.sequence + 1n,
      feePerOperation: 1_000n,
      operations,
      maxTime: 0,
      signers: [source],
    });
    return xdr;
  };

  /** Wallets with trustlines, made in two ledgers. */
  const wallets = async (count: number, asset: { code: string; issuer: string }): Promise<KeyPair[]> => {
    const all = Array.from({ length: count }, () => randomKeyPair(systemIds));
    const root = keyPairFromRawSeed(createHash('sha256').update(ctx.network.passphrase).digest());
    const startingBalance = 100_000_000n;
    const made = all.map(
      ({ publicKey }) => ({ type: 'createAccount', destination: publicKey, startingBalance }) as const,
    );
    served.sandbox.closeLedger({ transactions: [await signed(root, made)] });
    const trusts = await Promise.all(all.map((pair) => signed(pair, [{ type: 'changeTrust', asset }])));
    served.sandbox.closeLedger({ transactions: trusts });
    return all;
  };

  const start = async (wallet: KeyPair, assetId: string, index: number): Promise<Deposit> => {
    const account = wallet.publicKey;
    // half of them with a memo, each in a transaction of its own
    const memo = index % 2 === 0 ? { type: 'id' as const, value: String(index) } : null;
    const row = await ctx.db.write((trx) =>
      createTransaction(ctx, trx, {
        sep: '24',
        kind: 'deposit',
        assetId,
        owner: account,
        subject: account,
        account,
        memo,
      }),
    );
    return { wallet, row: await submitInteractive(ctx, row, { amountUnits: 100_000_000n, fields: {} }) };
  };

  const delivered = (account: string) =>
    ctx.network
      .operations(account, '0', 200)
      .then((operations) => operations.filter((one) => one.type === 'payment'));

  it(`F1: of ${DEPOSITS} deposits each is paid once, however often poll-deposits is killed`, async () => {
    const asset = await ctx.db.read.selectFrom('assets').selectAll().executeTakeFirstOrThrow();
    const pairs = await wallets(DEPOSITS, asset);
    const deposits: Deposit[] = [];
    for (const [index, wallet] of pairs.entries()) deposits.push(await start(wallet, asset.id, index));
    const bank = ctx.project.integrations.testBank;
    let paidIn = 0;
    const payIn = async (count: number): Promise<void> => {
      for (; count > 0 && paidIn < DEPOSITS; count--, paidIn++) {
        await bank?.pay({ amount: '10', reference: deposits[paidIn]?.row.reference ?? '' });
      }
    };
    const count = async (table: 'envelopes' | 'bank_credits'): Promise<number> =>
      Number(
        (
          await ctx.db.read
            .selectFrom(table)
            .select(({ fn }) => fn.countAll().as('n'))
            .executeTakeFirstOrThrow()
        ).n,
      );
    const work = (): Promise<number> =>
      Promise.all([count('envelopes'), count('bank_credits')]).then(([a, b]) => a + b);

    for (let kill = 0; kill < KILLS; kill++) {
      const before = await work();
      await payIn(Math.ceil(DEPOSITS / KILLS));
      const worker = project.start(['run', 'poll-deposits', '--loop', '--interval', '0.05']);
      await until(async () => (await work()) > before, 'the worker has begun');
      const spread = systemIds.bytes(2).readUInt16BE() % 250;
      await new Promise((done) => setTimeout(done, spread));
      await worker.kill('SIGKILL');
    }
    await payIn(DEPOSITS);
    // two at once from here on
    const again = () => project.start(['run', 'poll-deposits', '--loop', '--interval', '0.2']);
    const workers = [again(), again()];
    await until(async () => {
      const { n } = await ctx.db.read
        .selectFrom('transactions')
        .select(({ fn }) => fn.countAll().as('n'))
        .where('status', '=', 'completed')
        .executeTakeFirstOrThrow();
      return Number(n) === DEPOSITS;
    }, 'every deposit is completed');
    for (const worker of workers) expect((await worker.kill('SIGTERM')).code).toBe(143);

    for (const { wallet, row } of deposits) {
      const payments = await delivered(wallet.publicKey);
      expect(payments.map((one) => one.raw['amount'])).toEqual(['10.0000000']);
      const done = await ctx.db.read
        .selectFrom('transactions')
        .selectAll()
        .where('id', '=', row.id)
        .executeTakeFirstOrThrow();
      expect(done.stellar_transaction_id).toBe(payments[0]?.transaction.hash);
    }
    // M6: nothing left our account that the database does not know
    const known = new Set(
      (await ctx.db.read.selectFrom('envelopes').select('hash').execute()).map((one) => one.hash),
    );
    const ours = await ctx.network.transactions(asset.distribution_account, '0', 200);
    for (const one of ours) {
      if (one.sourceAccount === asset.distribution_account) expect(known.has(one.hash)).toBe(true);
    }
  }, 180_000);
});
