import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Item,
  itemFor,
  layOut,
  type Plan,
  planBatches,
  purseOf,
  type Sizes,
  take,
} from '../../src/payments/batch.ts';
import { type DestinationRules, judge, rulesFor } from '../../src/payments/destinations.ts';
import { submitPayments } from '../../src/payments/index.ts';
import { reactionTo } from '../../src/payments/reactions.ts';
import type { Owed } from '../../src/payments/rows.ts';
import { pollDeposits } from '../../src/rails/index.ts';
import type { MissingAccount, NetworkAccount } from '../../src/stellar/port.ts';
import { type AssetRow, sealDistributionSeed } from '../../src/transfers/index.ts';
import { ALICE, BOB, existing, ISSUER, MUXED, missing } from '../support/anchor.ts';
import { describeDatabases } from '../support/databases.ts';
import { type Money, openMoney, XLM } from '../support/money.ts';

const rules: DestinationRules = {
  minimumBalance: XLM,
  noAccount: 'create',
  noTrustline: 'claimable',
  claimableBalances: true,
  authorizes: false,
};
const sizes: Sizes = { operations: 100, startingBalance: 2n * XLM, baseReserve: XLM / 2n, distribution: BOB };

const owed = (
  more: { native?: boolean; claimable?: boolean; units?: bigint; destination?: string; memo?: string } = {},
): Owed =>
  ({
    obligation: {
      id: `o-${Math.random()}`,
      purpose: 'deliver',
      amount_units: more.units ?? 10n * XLM,
      destination: more.destination ?? ALICE,
      memo: more.memo ?? null,
      memo_type: more.memo === undefined ? null : 'id',
    },
    transaction: { claimable_balance_supported: more.claimable ? 1 : 0 },
    asset: more.native ? { code: 'native', issuer: '' } : { code: 'SRT', issuer: ISSUER },
  }) as Owed;

const line = (more: Partial<NetworkAccount['balances'][number]> = {}): NetworkAccount => ({
  ...existing(ALICE),
  balances: [
    {
      asset: `SRT:${ISSUER}`,
      balance: 0n,
      limit: 100n * XLM,
      buyingLiabilities: 0n,
      sellingLiabilities: 0n,
      authorized: true,
      authorizedToMaintainLiabilities: true,
      ...more,
    },
  ],
});

describe('how a payment can be made', () => {
  it.each([
    ['a trustline with room', owed(), line(), { how: 'pay' }],
    ['no trustline', owed(), existing(ALICE), { how: 'wait', wait: { code: 'trustline', user: true } }],
    [
      'no trustline, claimable (S24-73)',
      owed({ claimable: true }),
      existing(ALICE),
      { how: 'claimable', open: false },
    ],
    [
      'no room',
      owed(),
      line({ balance: 91n * XLM }),
      { how: 'wait', wait: { code: 'trustline', user: true } },
    ],
    ['no room beside an offer', owed(), line({ buyingLiabilities: 91n * XLM }), { how: 'wait' }],
    [
      'not authorized (S24-72)',
      owed(),
      line({ authorized: false, authorizedToMaintainLiabilities: false }),
      { how: 'wait', wait: { code: 'trustline', user: false } },
    ],
    [
      'frozen',
      owed(),
      line({ authorized: false }),
      { how: 'wait', wait: { code: 'trustline', user: false } },
    ],
    ['XLM to an account', owed({ native: true }), existing(ALICE), { how: 'pay' }],
    ['the issuer itself', owed({ destination: ISSUER }), existing(ISSUER), { how: 'pay' }],
    ['no account (S24-71)', owed(), missing(ALICE), { how: 'open' }],
    ['no account, XLM', owed({ native: true }), missing(ALICE), { how: 'create' }],
    [
      'no account, too little XLM',
      owed({ native: true, units: XLM - 1n }),
      missing(ALICE),
      { how: 'wait', wait: { code: 'account' } },
    ],
    ['no account, claimable', owed({ claimable: true }), missing(ALICE), { how: 'claimable', open: true }],
    [
      'no account behind a muxed one',
      owed({ destination: MUXED }),
      missing(ALICE),
      { how: 'wait', wait: { code: 'account' } },
    ],
    ['a contract (S24-18)', owed(), null, { how: 'hold' }],
  ] as const)('%s', (_, one, account, verdict) => {
    expect(judge(one, account, rules)).toMatchObject(verdict);
  });

  it.each<[string, Partial<DestinationRules>, Owed, NetworkAccount | MissingAccount, object]>([
    [
      'wait for the account',
      { noAccount: 'wait' },
      owed({ claimable: true }),
      missing(ALICE),
      { how: 'wait' },
    ],
    ['wait, XLM', { noAccount: 'wait' }, owed({ native: true }), missing(ALICE), { how: 'wait' }],
    [
      'a claimable balance and no account',
      { noAccount: 'claimable' },
      owed({ claimable: true }),
      missing(ALICE),
      { how: 'claimable', open: false },
    ],
    [
      'a claimable balance of XLM',
      { noAccount: 'claimable' },
      owed({ native: true, claimable: true, units: 1n }),
      missing(ALICE),
      { how: 'claimable', open: false },
    ],
    [
      'a claimable balance that the wallet does not take (S24-73)',
      { noAccount: 'claimable' },
      owed(),
      missing(ALICE),
      { how: 'wait', wait: { code: 'account', user: true } },
    ],
    [
      'wait for the trustline',
      { noTrustline: 'wait' },
      owed({ claimable: true }),
      existing(ALICE),
      { how: 'wait', wait: { code: 'trustline', user: true } },
    ],
    [
      'claimable balances switched off (S24-73)',
      { claimableBalances: false },
      owed({ claimable: true }),
      existing(ALICE),
      { how: 'wait' },
    ],
    [
      'our own issuer (S24-72)',
      { authorizes: true },
      owed(),
      line({ authorized: false, authorizedToMaintainLiabilities: false }),
      { how: 'authorize' },
    ],
    [
      'our own issuer, which has frozen it',
      { authorizes: true },
      owed(),
      line({ authorized: false, authorizedToMaintainLiabilities: true }),
      { how: 'wait', wait: { code: 'trustline', user: false } },
    ],
    [
      'our own issuer, and a line without room',
      { authorizes: true },
      owed({ units: 101n * XLM }),
      line({ authorized: false, authorizedToMaintainLiabilities: false }),
      { how: 'wait', wait: { code: 'trustline', user: true } },
    ],
    [
      'nobody claims for an M address',
      {},
      owed({ claimable: true, destination: MUXED }),
      existing(ALICE),
      { how: 'wait' },
    ],
  ])('by the rules of the asset: %s', (_, more, one, account, verdict) => {
    expect(judge(one, account, { ...rules, ...more })).toMatchObject(verdict);
  });

  it('is not without a memo where the account asks for one (SO-08)', () => {
    const exchange = { ...line(), data: { 'config.memo_required': 'MQ==' } };
    expect(judge(owed(), exchange, rules)).toMatchObject({ how: 'hold' });
    expect(judge(owed({ claimable: true }), { ...exchange, balances: [] }, rules)).toMatchObject({
      how: 'hold',
    });
    expect(judge(owed({ native: true }), exchange, rules)).toMatchObject({ how: 'hold' });
    expect(judge(owed({ memo: '7' }), exchange, rules)).toMatchObject({ how: 'pay' });
    expect(judge(owed({ destination: MUXED }), exchange, rules)).toMatchObject({ how: 'pay' });
    const off = { ...line(), data: { 'config.memo_required': 'MA==' } };
    expect(judge(owed(), off, rules)).toMatchObject({ how: 'pay' });
  });

  it('follows anchor.toml where the asset does not say', () => {
    const asset = { ...owed().asset, no_account: null, no_trustline: null } as AssetRow;
    const project = (accountCreation: boolean) =>
      ({
        project: {
          sep24: { accountCreation, claimableBalances: true },
          secrets: { issuerSeed: undefined },
          network: { name: 'sandbox' },
        },
      }) as never;
    expect(rulesFor(project(true), asset, XLM / 2n)).toEqual(rules);
    expect(rulesFor(project(false), asset, XLM / 2n)).toEqual({ ...rules, noAccount: 'claimable' });
    const own = { ...asset, no_account: 'wait', no_trustline: 'wait' } as AssetRow;
    expect(rulesFor(project(true), own, XLM)).toMatchObject({
      noAccount: 'wait',
      noTrustline: 'wait',
      minimumBalance: 2n * XLM,
    });
  });
});

describe('batches', () => {
  const item = (more: Parameters<typeof owed>[0] = {}, how: 'pay' | 'open' = 'pay') =>
    itemFor(owed(more), { how }, sizes);

  const plan = (items: Item[], sources: number, more: Partial<Plan> = {}) =>
    planBatches({ items, sources, firstIsPlain: true, room: 1_000, sinceMemo: 0, ...more }, sizes);
  const many = (count: number): Item[] => Array.from({ length: count }, () => item());
  const lengths = (items: Item[], sources: number, more: Partial<Plan> = {}): number[] =>
    plan(items, sources, more).batches.map((batch) => batch.items.length);

  it('hold at most as many operations as fit, fullest first, and a memo travels alone', () => {
    const memos = [item({ memo: '1' }), item({ memo: '2' })];
    const { batches } = plan([...memos, ...many(130)], 4);
    expect(batches.map((batch) => batch.items.length)).toEqual([100, 30, 1, 1]);
    expect(batches.map((batch) => batch.memo?.value ?? null)).toEqual([null, null, '1', '2']);
    expect(plan([], 3).batches).toEqual([]);
    expect(plan(memos, 1).batches).toHaveLength(1);
  });

  it('give one transaction in ten to the oldest memo where the others would take them all', () => {
    const items = [...many(1_100), item({ memo: '1' }), item({ memo: '2' })];
    const { batches, sinceMemo } = plan(items, 10, { room: 2_000 });
    expect(batches.filter((batch) => batch.memo !== null).map((batch) => batch.memo?.value)).toEqual(['1']);
    expect(sinceMemo).toBe(0);
    expect(plan(items, 3, { sinceMemo: 7 }).batches.map((batch) => batch.memo?.value ?? '')).toEqual([
      '',
      '',
      '1',
    ]);
    // and the other way round: many memos never keep those without one back
    const memos = Array.from({ length: 50 }, (_, i) => item({ memo: String(i) }));
    expect(lengths([...memos, ...many(5)], 2)).toEqual([5, 1]);
  });

  it('keep within what the network takes beside those in flight, a fee bump counted as an operation', () => {
    expect(lengths(many(300), 3, { room: 202 })).toEqual([100, 100]);
    expect(lengths(many(300), 3, { room: 150, firstIsPlain: false })).toEqual([100, 48]);
    expect(lengths(many(300), 3, { room: 0 })).toEqual([]);
  });

  it('do not mix those whose destination nobody has looked at with the others', () => {
    const unseen = many(10).map((one) => ({ ...one, unseen: true }));
    const { batches } = plan([...unseen, ...many(20)], 5);
    expect(batches.map((batch) => batch.items.length)).toEqual([20, 10]);
    expect(batches[1]?.items.every((one) => one.unseen)).toBe(true);
  });

  it('create an account once', () => {
    const items = [item({}, 'open'), item({}, 'open'), item({ destination: ISSUER }, 'open')];
    expect(lengths(items, 2)).toEqual([2, 1]);
  });

  it('list each obligation at the operation that pays it', () => {
    const pair = itemFor(owed({ claimable: true }), { how: 'claimable', open: true }, sizes);
    const { operations, marks } = layOut({ items: [item(), pair, item()], memo: null });
    expect(operations.map((one) => one.type)).toEqual([
      'payment',
      'createAccount',
      'createClaimableBalance',
      'payment',
    ]);
    expect(marks.map((mark) => mark.index)).toEqual([0, 2, 3]);
  });

  it('spend no more than the account has beside its reserve', () => {
    const account: NetworkAccount = {
      ...line({ balance: 15n * XLM, sellingLiabilities: XLM }),
      id: BOB,
      subEntryCount: 1,
    };
    account.balances.push({
      asset: 'native',
      balance: 2n * XLM,
      limit: null,
      buyingLiabilities: 0n,
      sellingLiabilities: 0n,
      authorized: true,
      authorizedToMaintainLiabilities: true,
    });
    const purse = purseOf(account, XLM / 2n);
    expect(purse.xlm).toBe(XLM / 2n);
    expect(take(purse, item(), 100n)).toBe(true);
    expect(take(purse, item(), 100n)).toBe(false);
    expect(take(purse, item({ units: 4n * XLM }), XLM)).toBe(false);
    expect(take(purse, item({ units: 4n * XLM }), 100n)).toBe(true);
  });
});

describe('operations that failed in a ledger', () => {
  it.each([
    ['paymentNoTrust', { code: 'trustline', user: true }],
    ['paymentLineFull', { code: 'trustline' }],
    ['paymentNotAuthorized', { code: 'trustline', user: false }],
    ['paymentUnderfunded', { code: 'funds', user: false }],
    ['createAccountLowReserve', { code: 'account' }],
  ])('%s', (code, wait) => {
    expect(reactionTo(code)).toMatchObject(wait);
  });

  it('goes again where the next look decides, and holds what it does not know', () => {
    expect(reactionTo('paymentNoDestination')).toBeNull();
    expect(reactionTo('createAccountAlreadyExist')).toBeNull();
    expect(reactionTo('paymentMalformed')).toHaveProperty('hold');
    expect(reactionTo('somethingNew')).toHaveProperty('hold');
  });
});

describeDatabases('deposits of XLM', (test) => {
  let money: Money;
  let native: AssetRow;
  beforeAll(async () => {
    money = await openMoney(test);
    const { id: _, ...rest } = money.asset;
    const id = 'native-asset';
    const seed = sealDistributionSeed(money.ctx.box, id, money.distribution.seed);
    native = await money.ctx.db.read
      .insertInto('assets')
      .values({ ...rest, id, code: 'native', issuer: '', distribution_seed: seed, significant_decimals: 7 })
      .returningAll()
      .executeTakeFirstOrThrow();
  });
  afterAll(() => money.close());

  it('create the account with the amount itself, and pay one that exists (S24-71)', async () => {
    const [absent, there] = [await money.wallet({ funded: false }), await money.wallet({ trust: false })];
    const before = await money.balance(there.publicKey, 'native');
    const ids: string[] = [];
    for (const wallet of [absent, there]) {
      const row = await money.started('deposit', wallet.publicKey, 10n * XLM, { assetId: native.id });
      money.credit(row, '10');
      ids.push(row.id);
    }
    await pollDeposits(money.ctx, money.options);
    await submitPayments(money.ctx, money.options);
    for (const id of ids) expect((await money.row(id)).status).toBe('completed');
    expect(await money.balance(absent.publicKey, 'native')).toBe(9n * XLM);
    expect(await money.balance(there.publicKey, 'native')).toBe(before + 9n * XLM);
    const rows = await Promise.all(ids.map((id) => money.row(id)));
    expect(rows[0]?.stellar_transaction_id).toBe(rows[1]?.stellar_transaction_id);
  });

  it('that the issuer must authorize first wait without asking the user (S24-72)', async () => {
    await money.apply(money.issuer, [{ type: 'setOptions', options: { setFlags: 3 } }]);
    const wallet = await money.wallet();
    const row = await money.started('deposit', wallet.publicKey, 10n * XLM);
    money.credit(row, '10');
    await pollDeposits(money.ctx, money.options);
    await submitPayments(money.ctx, money.options);
    expect((await money.row(row.id)).status).toBe('pending_anchor');
    expect(await money.obligations(row.id)).toMatchObject([{ state: 'waiting', waiting_code: 'trustline' }]);
    const asset = money.stellarAsset;
    await money.apply(money.issuer, [
      { type: 'setTrustLineFlags', trustor: wallet.publicKey, asset, authorized: true },
    ]);
    money.clock.advance(600_000);
    await submitPayments(money.ctx, money.options);
    expect((await money.row(row.id)).status).toBe('completed');
  });
});
