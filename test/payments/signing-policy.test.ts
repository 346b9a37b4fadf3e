import { afterAll, beforeAll, expect, it } from 'vitest';
import { isoTime } from '../../src/kernel/clock.ts';
import { AnchorError } from '../../src/kernel/errors.ts';
import { systemIds } from '../../src/kernel/ids.ts';
import type { Memo } from '../../src/kernel/memos.ts';
import { submitPayments } from '../../src/payments/index.ts';
import { allow, refusalsOf } from '../../src/payments/signers/policy.ts';
import { pollDeposits } from '../../src/rails/index.ts';
import { buildTransaction } from '../../src/stellar/build.ts';
import { readPaymentEnvelope } from '../../src/stellar/envelope.ts';
import { randomKeyPair } from '../../src/stellar/keys.ts';
import type { Operation } from '../../src/stellar/operations.ts';
import { describeDatabases } from '../support/databases.ts';
import { type Money, openMoney, type Seeded, XLM } from '../support/money.ts';

// The boundary that even a fault above it cannot cross: what is asked of the signer, and what it reads for itself.
describeDatabases('the policy inside the signer', (test) => {
  let money: Money;
  let wallet: Seeded;
  let obligation: string;
  let slotId: string;
  let payment: Operation & { type: 'payment' };
  const stranger = randomKeyPair(systemIds).publicKey;

  beforeAll(async () => {
    money = await openMoney(test);
    wallet = await money.wallet();
    const row = await money.started('deposit', wallet.publicKey, 10n * XLM);
    money.credit(row, '10');
    const { signal } = new AbortController();
    await pollDeposits(money.ctx, { ...money.options, signal });
    const [owed] = await money.obligations(row.id);
    obligation = owed?.id ?? '';
    slotId = await openSlot(7n, [obligation]);
    payment = {
      type: 'payment',
      source: money.distribution.publicKey,
      destination: wallet.publicKey,
      asset: money.stellarAsset,
      amount: 9n * XLM,
    };
  });
  afterAll(() => money.close());

  const openSlot = async (sequence: bigint, ids: string[]): Promise<string> => {
    const id = systemIds.uuid();
    const at = isoTime(money.clock.now());
    const times = { created_at: at, updated_at: at };
    const source_account = money.distribution.publicKey;
    await money.ctx.db.read
      .insertInto('slots')
      .values({ id, source_account, sequence, state: 'open', ...times })
      .execute();
    await money.ctx.db.read
      .updateTable('obligations')
      .set({ state: 'bound', slot_id: id })
      .where('id', 'in', ids)
      .execute();
    return id;
  };

  interface Asked {
    operations?: Operation[];
    memo?: Memo;
    fee?: bigint;
    maxLedger?: number;
    maxTime?: number;
    marks?: { index: number; id: string }[];
    slot?: string;
    account?: string;
  }

  const ask = async (more: Asked = {}): Promise<string | null> => {
    const built = await buildTransaction({
      passphrase: money.sandbox.passphrase,
      source: money.distribution.publicKey,
      sequence: 7n,
      feePerOperation: more.fee ?? 100n,
      operations: more.operations ?? [payment],
      memo: more.memo ?? null,
      maxTime: more.maxTime ?? 2_000_000_000,
      ...(more.maxLedger === 0 ? {} : { maxLedger: more.maxLedger ?? 100 }),
      signers: [],
    });
    const claim = {
      account: more.account ?? money.distribution.publicKey,
      slotId: more.slot ?? slotId,
      marks: more.marks ?? [{ index: (more.operations?.length ?? 1) - 1, id: obligation }],
    };
    try {
      // rolled back: nothing is counted but by the tests that count
      await money.ctx.db.write(async (trx) => {
        await allow(money.ctx, trx, readPaymentEnvelope(built.xdr), claim);
        throw new AnchorError({ code: 'ROLLED_BACK', message: '' });
      });
    } catch (error) {
      if (AnchorError.is(error) && error.code === 'ROLLED_BACK') return null;
      const refusals = refusalsOf(error);
      if (refusals === null) throw error;
      expect(refusals[0]?.wait.text).not.toBe('');
      return refusals.map((one) => one.obligation).join();
    }
    return null;
  };

  it('signs what is owed', async () => {
    expect(await ask()).toBeNull();
    expect(await ask({ fee: 100_000n })).toBeNull();
  });

  it.each<[string, (money: Money) => Asked]>([
    ['another destination', () => ({ operations: [{ ...payment, destination: stranger }] })],
    ['another amount', () => ({ operations: [{ ...payment, amount: 9n * XLM + 1n }] })],
    ['a smaller amount', () => ({ operations: [{ ...payment, amount: 1n }] })],
    ['another asset', () => ({ operations: [{ ...payment, asset: { code: 'native', issuer: null } }] })],
    [
      'the same code of another issuer',
      () => ({ operations: [{ ...payment, asset: { code: money.stellarAsset.code, issuer: stranger } }] }),
    ],
    ['another account that pays', () => ({ operations: [{ ...payment, source: stranger }] })],
    [
      'no account that pays',
      () => {
        const { source: _, ...rest } = payment;
        return { operations: [rest] };
      },
    ],
    ['a memo that is not owed', () => ({ memo: { type: 'id', value: '7' } })],
    ['a payment beside it', () => ({ operations: [{ ...payment, destination: stranger }, payment] })],
    ['the payment twice', () => ({ operations: [payment, payment] })],
    [
      'a payment after it',
      () => ({
        operations: [payment, { ...payment, destination: stranger }],
        marks: [{ index: 0, id: obligation }],
      }),
    ],
    [
      'XLM for an account nobody is owed',
      () => ({
        operations: [
          {
            type: 'createAccount',
            source: payment.source ?? '',
            destination: stranger,
            startingBalance: XLM,
          },
          payment,
        ],
      }),
    ],
    [
      'more XLM than an account gets',
      () => ({
        operations: [
          {
            type: 'createAccount',
            source: payment.source ?? '',
            destination: payment.destination,
            startingBalance: 21n * XLM,
          },
        ],
      }),
    ],
    [
      'a claimable balance for another',
      () => ({
        operations: [
          {
            type: 'createClaimableBalance',
            source: payment.source ?? '',
            asset: payment.asset,
            amount: payment.amount,
            claimants: [stranger],
          },
        ],
      }),
    ],
    [
      'a claimable balance that a stranger may claim later',
      () => ({
        operations: [
          {
            type: 'createClaimableBalance',
            source: payment.source ?? '',
            asset: payment.asset,
            amount: payment.amount,
            claimants: [payment.destination, { account: stranger, afterSeconds: 86_400 * 30 }],
          },
        ],
      }),
    ],
    [
      'a claimable balance that we could take back at once',
      () => ({
        operations: [
          {
            type: 'createClaimableBalance',
            source: payment.source ?? '',
            asset: payment.asset,
            amount: payment.amount,
            claimants: [payment.destination, payment.source ?? ''],
          },
        ],
      }),
    ],
    [
      'a trustline alone',
      () => ({
        operations: [
          {
            type: 'setTrustLineFlags',
            source: money.issuer.publicKey,
            trustor: wallet.publicKey,
            asset: payment.asset,
            authorized: true,
          },
        ],
      }),
    ],
    ['a fee above the cap', () => ({ fee: 100_001n })],
    ['no last ledger', () => ({ maxLedger: 0 })],
    ['no end of time', () => ({ maxTime: 0 })],
    ['another slot', () => ({ slot: 'elsewhere' })],
    ['another distribution account', () => ({ account: stranger })],
    ['an obligation that is not there', () => ({ marks: [{ index: 0, id: 'nobody' }] })],
  ])('does not sign %s', async (_, make) => {
    expect(await ask(make(money))).not.toBeNull();
  });

  it('signs for accounts opened and trustlines authorized on the way', async () => {
    const source = payment.source ?? '';
    const create: Operation = {
      type: 'createAccount',
      source,
      destination: payment.destination,
      startingBalance: 2n * XLM,
    };
    const { asset, amount, destination } = payment;
    const claimants = [destination, { account: source, afterSeconds: 90 * 86_400 }];
    const balance: Operation = { type: 'createClaimableBalance', source, asset, amount, claimants };
    const flags: Operation = {
      type: 'setTrustLineFlags',
      source: money.issuer.publicKey,
      trustor: wallet.publicKey,
      asset,
      authorized: true,
    };
    for (const operations of [[create], [create, balance], [balance], [flags, payment]]) {
      expect(await ask({ operations })).toBeNull();
    }
  });

  it('M7: does not sign for what another open slot may still pay, nor for what is paid', async () => {
    const set = (state: 'paid' | 'bound') =>
      money.ctx.db.read.updateTable('obligations').set({ state }).where('id', '=', obligation).execute();
    await set('paid');
    expect(await ask()).toBe(obligation);
    await set('bound');
    expect(await ask()).toBeNull();
  });

  it('keeps to the maximum per payment, and to the maximum per day over all envelopes, and counts each once', async () => {
    const assets = (set: object) =>
      money.ctx.db.read.updateTable('assets').set(set).where('id', '=', money.asset.id).execute();
    await assets({ payment_max_units: 9n * XLM - 1n });
    expect(await ask()).toBe(obligation);
    await assets({ payment_max_units: 9n * XLM, payment_day_units: 9n * XLM - 1n });
    expect(await ask()).toBe(obligation);
    await assets({ payment_max_units: null, payment_day_units: 9n * XLM });
    expect(await ask()).toBeNull();
    await assets({ payment_day_units: null });
  });
});

describeDatabases('maximums, from the bank to the ledger', (test) => {
  let money: Money;
  beforeAll(async () => {
    money = await openMoney(test, { asset: { payment_max_units: 50n * XLM, payment_day_units: 60n * XLM } });
  });
  afterAll(() => money.close());

  it('hold back what is above them with the reason, let the rest go, and go on the next day', async () => {
    const started = async (units: bigint) => {
      const wallet = await money.wallet();
      const row = await money.started('deposit', wallet.publicKey, units * XLM);
      money.credit(row, String(units));
      return row.id;
    };
    const large = await started(80n);
    const ids = [await started(31n), await started(21n), await started(41n)];
    await pollDeposits(money.ctx, money.options);
    await submitPayments(money.ctx, money.options);
    const statuses = async () => Promise.all(ids.map(async (id) => (await money.row(id)).status));
    expect(await statuses()).toEqual(['completed', 'completed', 'pending_anchor']);
    for (const id of [large, ids[2] ?? '']) {
      expect(await money.obligations(id)).toMatchObject([
        { state: 'waiting', waiting_code: 'operator', slot_id: null },
      ]);
    }
    const [total] = await money.ctx.db.read.selectFrom('signed_days').selectAll().execute();
    expect(total).toMatchObject({ signed_units: 50n * XLM, day: isoTime(money.clock.now()).slice(0, 10) });
    money.clock.advance(24 * 3_600_000);
    await submitPayments(money.ctx, money.options);
    expect(await statuses()).toEqual(['completed', 'completed', 'completed']);
    expect((await money.row(large)).status).toBe('pending_anchor');
    await money.ctx.db.read
      .updateTable('assets')
      .set({ payment_max_units: null, payment_day_units: null })
      .execute();
    money.clock.advance(700_000);
    await submitPayments(money.ctx, money.options);
    expect((await money.row(large)).status).toBe('completed');
  });
});
