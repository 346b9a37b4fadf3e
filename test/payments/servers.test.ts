import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { AnchorError } from '../../src/kernel/errors.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { submitPayments } from '../../src/payments/index.ts';
import { pollDeposits } from '../../src/rails/index.ts';
import type { StellarNetwork } from '../../src/stellar/port.ts';
import { severalServers } from '../../src/stellar/several.ts';
import type { AnchorContext, TransactionRow } from '../../src/transfers/index.ts';
import { describeDatabases } from '../support/databases.ts';
import { faults, type Money, openMoney, type Seeded, XLM } from '../support/money.ts';

const unreachable = (): AnchorError =>
  new AnchorError({ code: 'NETWORK_UNAVAILABLE', message: 'Nobody answers.' });
const fails = () => Promise.reject(unreachable());
const down: Partial<StellarNetwork> = {
  account: fails,
  latestLedger: fails,
  ledgerAt: fails,
  feeStats: fails,
  transaction: fails,
  operations: fails,
  transactions: fails,
  recentTransactions: fails,
  submit: async () => ({ status: 'unknown', reason: 'nobody answers' }),
  submitAsync: async () => ({ status: 'unknown', reason: 'nobody answers' }),
};

describeDatabases('several Horizon servers', (test) => {
  let money: Money;
  beforeAll(async () => {
    money = await openMoney(test);
  });
  afterEach(() => faults(money.sandbox, []));
  afterAll(() => money.close());

  const deposit = async (): Promise<{ wallet: Seeded; row: TransactionRow }> => {
    const wallet = await money.wallet();
    const row = await money.started('deposit', wallet.publicKey, 10n * XLM);
    money.credit(row, '10');
    await pollDeposits(money.ctx, money.options);
    return { wallet, row };
  };
  const withServers = (first: Partial<StellarNetwork>, second: Partial<StellarNetwork>): AnchorContext => {
    const of = (over: Partial<StellarNetwork>): StellarNetwork => ({ ...money.ctx.network, ...over });
    return { ...money.ctx, network: severalServers(of(first), [of(second)], silentLog) };
  };
  const envelopes = (row: TransactionRow) =>
    money.ctx.db.read
      .selectFrom('envelopes')
      .innerJoin('envelope_obligations', 'envelope_hash', 'hash')
      .innerJoin('obligations', 'obligations.id', 'obligation_id')
      .selectAll('envelopes')
      .where('transaction_id', '=', row.id)
      .execute();
  const brief = () => ({ ...money.options, deadlineMs: money.clock.now() + 3_000 });
  /** An envelope that was given to the network and whose bounds have passed, as a server that lags would know it. */
  const passed = async (row: TransactionRow): Promise<void> => {
    await faults(money.sandbox, [{ on: 'POST /transactions_async', reset: true }]);
    await submitPayments(money.ctx, brief());
    expect(await envelopes(row)).toHaveLength(1);
    money.closeLedgers(30);
    money.clock.advance(60_000);
  };

  it('pays through the second where the first is down (F2, F7)', async () => {
    const { wallet, row } = await deposit();
    await submitPayments(withServers(down, {}), money.options);
    expect((await money.row(row.id)).status).toBe('completed');
    expect(await money.deliveries(wallet.publicKey)).toHaveLength(1);
  });

  it('gives up no envelope while one of them has not seen its last ledger (R4, F7)', async () => {
    const { wallet, row } = await deposit();
    await passed(row);
    const lagging: Partial<StellarNetwork> = {
      account: async (id) => ({ ...(await money.ctx.network.account(id)), ledger: 5 }),
    };
    await submitPayments(withServers({}, lagging), brief());
    expect(await envelopes(row)).toHaveLength(1);
    expect((await money.obligations(row.id))[0]).toMatchObject({ state: 'bound' });
    await submitPayments(withServers({}, down), brief());
    expect(await envelopes(row)).toHaveLength(1);
    // both have seen it: dead, and offered anew
    await faults(money.sandbox, []);
    await submitPayments(withServers({}, {}), money.options);
    expect((await money.row(row.id)).status).toBe('completed');
    expect(await money.deliveries(wallet.publicKey)).toHaveLength(1);
  });

  it('pays once where one says that the number was never used and the other that it was (R4, F7, M1)', async () => {
    const { wallet, row } = await deposit();
    await faults(money.sandbox, [{ on: 'POST /transactions_async', reset: true }]);
    await submitPayments(money.ctx, brief());
    const [first] = await envelopes(row);
    money.sandbox.closeLedger({ transactions: [first?.xdr ?? ''] });
    expect(await money.deliveries(wallet.publicKey)).toHaveLength(1);
    money.closeLedgers(30);
    money.clock.advance(60_000);
    await faults(money.sandbox, []);
    // knows the newest ledger and an account from before: no server should, and one may
    const forgetful: Partial<StellarNetwork> = {
      account: async (id) => {
        const account = await money.ctx.network.account(id);
        if ('missing' in account || id !== first?.source_account) return account;
        return { ...account, sequence: first.sequence - 1n };
      },
      transaction: async () => null,
      transactions: async () => [],
      recentTransactions: async () => [],
    };
    await submitPayments(withServers(forgetful, {}), brief());
    expect(await envelopes(row)).toHaveLength(1);
    expect((await money.obligations(row.id))[0]).toMatchObject({ state: 'bound' });
    await submitPayments(withServers({}, {}), money.options);
    expect((await money.row(row.id)).status).toBe('completed');
    expect(await money.deliveries(wallet.publicKey)).toHaveLength(1);
  });
});
