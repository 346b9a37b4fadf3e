import { afterAll, beforeAll, expect, it } from 'vitest';
import { submitPayments } from '../../src/payments/index.ts';
import { pollDeposits } from '../../src/rails/index.ts';
import type { AnchorContext, AssetRow, NewTransaction, TransactionRow } from '../../src/transfers/index.ts';
import { describeDatabases } from '../support/databases.ts';
import { type Money, openMoney, type Seeded, XLM } from '../support/money.ts';

describeDatabases('destinations that cannot simply be paid', (test) => {
  let money: Money;
  beforeAll(async () => {
    money = await openMoney(test);
  });
  afterAll(() => money.close());

  const rules = (more: Partial<AssetRow>) =>
    money.ctx.db.read.updateTable('assets').set(more).where('id', '=', money.asset.id).execute();
  const claims = { claimable_balance_supported: 1 as const };
  const deposit = async (
    wallet: Seeded,
    claimable: boolean,
    more: Partial<NewTransaction> = {},
  ): Promise<TransactionRow> => {
    const row = await money.started('deposit', wallet.publicKey, 10n * XLM, more);
    if (claimable) {
      await money.ctx.db.read.updateTable('transactions').set(claims).where('id', '=', row.id).execute();
    }
    money.credit(row, '10');
    await pollDeposits(money.ctx, money.options);
    await submitPayments(money.ctx, money.options);
    return money.row(row.id);
  };
  const again = async (row: TransactionRow, ctx: AnchorContext = money.ctx): Promise<TransactionRow> => {
    money.clock.advance(600_000);
    await submitPayments(ctx, money.options);
    return money.row(row.id);
  };
  const waits = async (row: TransactionRow, status: string, code: string): Promise<void> => {
    expect((await money.row(row.id)).status).toBe(status);
    expect(await money.obligations(row.id)).toMatchObject([{ waiting_code: code, slot_id: null }]);
  };
  const balancesFor = async (account: string) => {
    const answer = await money.sandbox.fetch(`http://sandbox/claimable_balances?claimant=${account}`);
    const page = (await answer.json()) as {
      _embedded: {
        records: { id: string; amount: string; claimants: { destination: string; predicate: object }[] }[];
      };
    };
    return page._embedded.records;
  };

  it('no account, and the wallet claims: account and balance in one transaction, ours after N days (S24-71, S24-74)', async () => {
    await rules({ reclaim_days: 30, starting_balance_units: 3n * XLM });
    const wallet = await money.wallet({ funded: false });
    const row = await deposit(wallet, true);
    expect(row.status).toBe('completed');
    expect(await money.balance(wallet.publicKey, 'native')).toBe(3n * XLM);
    const [balance] = await balancesFor(wallet.publicKey);
    expect(balance).toMatchObject({ id: row.claimable_balance_id, amount: '9.0000000' });
    const of = (account: string) => balance?.claimants.find((one) => one.destination === account)?.predicate;
    expect(of(wallet.publicKey)).toEqual({ unconditional: true });
    expect(of(money.distribution.publicKey)).toHaveProperty('not');
    await money.apply(wallet, [{ type: 'changeTrust', asset: money.stellarAsset }]);
    await money.apply(wallet, [{ type: 'claimClaimableBalance', balanceId: row.claimable_balance_id ?? '' }]);
    expect(await money.balance(wallet.publicKey)).toBe(9n * XLM);
    await rules({ reclaim_days: 0, starting_balance_units: null });
    const other = await money.wallet({ trust: false });
    expect((await deposit(other, true)).status).toBe('completed');
    expect((await balancesFor(other.publicKey))[0]?.claimants).toHaveLength(1);
  });

  it('no account, claimable only: the wallet gets the balance, and no XLM of ours', async () => {
    await rules({ no_account: 'claimable' });
    const wallet = await money.wallet({ funded: false });
    expect((await deposit(wallet, true)).status).toBe('completed');
    expect(await money.ctx.network.account(wallet.publicKey)).toHaveProperty('missing');
    expect(await balancesFor(wallet.publicKey)).toHaveLength(1);
    const plain = await money.wallet({ funded: false });
    await waits(await deposit(plain, false), 'pending_trust', 'account');
    await rules({ no_account: null });
  });

  it('no account, create: createAccount first, then pending_trust until the trustline is there (S24-72)', async () => {
    const wallet = await money.wallet({ funded: false });
    const row = await deposit(wallet, false);
    await waits(row, 'pending_trust', 'trustline');
    expect(await money.balance(wallet.publicKey, 'native')).toBe(20_100_000n);
    await money.apply(wallet, [{ type: 'changeTrust', asset: money.stellarAsset }]);
    expect((await again(row)).status).toBe('completed');
    expect(await money.balance(wallet.publicKey)).toBe(9n * XLM);
  });

  it('no account, wait: nothing is created, and it is paid when somebody has made it', async () => {
    await rules({ no_account: 'wait' });
    const wallet = await money.wallet({ funded: false });
    const row = await deposit(wallet, true);
    await waits(row, 'pending_trust', 'account');
    await rules({ no_account: null });
  });

  it('no trustline, wait: pending_trust although the wallet takes claimable balances', async () => {
    await rules({ no_trustline: 'wait' });
    const wallet = await money.wallet({ trust: false });
    const row = await deposit(wallet, true);
    await waits(row, 'pending_trust', 'trustline');
    await rules({ no_trustline: null });
    expect((await again(row)).status).toBe('completed');
    expect(await balancesFor(wallet.publicKey)).toHaveLength(1);
  });

  it('line full: pending_trust, and paid when there is room', async () => {
    const wallet = await money.wallet({ trust: false });
    const asset = money.stellarAsset;
    await money.apply(wallet, [{ type: 'changeTrust', asset, limit: 5n * XLM }]);
    const row = await deposit(wallet, false);
    await waits(row, 'pending_trust', 'trustline');
    await money.apply(wallet, [{ type: 'changeTrust', asset, limit: 50n * XLM }]);
    expect((await again(row)).status).toBe('completed');
  });

  it('a memo is asked for and there is none: held with the reason; with one it is paid (SO-08)', async () => {
    const exchange = await money.wallet();
    await money.apply(exchange, [{ type: 'manageData', name: 'config.memo_required', value: '1' }]);
    const row = await deposit(exchange, false);
    const [owed] = await money.obligations(row.id);
    expect(owed).toMatchObject({ state: 'held', waiting_code: 'operator' });
    expect(owed?.waiting_text).toContain('SEP-29');
    expect(await money.balance(exchange.publicKey)).toBe(0n);
    const paid = await deposit(exchange, false, { memo: { type: 'id', value: '42' } });
    expect(paid.status).toBe('completed');
  });

  it('not authorized: waits without asking the user, unless the issuer key is ours: then it is authorized first (S24-72)', async () => {
    await money.apply(money.issuer, [{ type: 'setOptions', options: { setFlags: 3 } }]);
    const wallet = await money.wallet();
    const row = await deposit(wallet, false);
    await waits(row, 'pending_anchor', 'trustline');
    const secrets = { ...money.ctx.project.secrets, issuerSeed: money.issuer.seed };
    const onPublic = { ...money.ctx.project.network, name: 'public' as const };
    await again(row, { ...money.ctx, project: { ...money.ctx.project, secrets, network: onPublic } });
    await waits(row, 'pending_anchor', 'trustline');
    const ours = { ...money.ctx, project: { ...money.ctx.project, secrets } };
    const paid = await again(row, ours);
    expect(paid.status).toBe('completed');
    expect(await money.balance(wallet.publicKey)).toBe(9n * XLM);
  });

  it('frozen: stays frozen, also where the issuer key is ours', async () => {
    const secrets = { ...money.ctx.project.secrets, issuerSeed: money.issuer.seed };
    const ours = { ...money.ctx, project: { ...money.ctx.project, secrets } };
    const wallet = await money.wallet();
    const asset = money.stellarAsset;
    const trustor = wallet.publicKey;
    await money.apply(money.issuer, [{ type: 'setTrustLineFlags', trustor, asset, authorized: true }]);
    const account = await money.ctx.network.account(money.issuer.publicKey);
    if ('missing' in account) throw new Error('missing');
    const sdk = await import('@stellar/stellar-sdk');
    const freeze = new sdk.TransactionBuilder(
      new sdk.Account(money.issuer.publicKey, account.sequence.toString()),
      { fee: '100', networkPassphrase: money.sandbox.passphrase },
    )
      .addOperation(
        sdk.Operation.setTrustLineFlags({
          trustor,
          asset: new sdk.Asset(asset.code, asset.issuer ?? ''),
          flags: { authorized: false, authorizedToMaintainLiabilities: true },
        }),
      )
      .setTimeout(0)
      .build();
    freeze.sign(sdk.Keypair.fromSecret(money.issuer.seed));
    money.sandbox.closeLedger({ transactions: [freeze.toXDR()] });
    const row = await deposit(wallet, true);
    await waits(row, 'pending_anchor', 'trustline');
    await again(row, ours);
    await waits(row, 'pending_anchor', 'trustline');
    expect((await money.obligations(row.id))[0]?.waiting_text).toContain('frozen');
  });
});
