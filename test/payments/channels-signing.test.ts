import { afterAll, beforeAll, expect, it } from 'vitest';
import { isoTime } from '../../src/kernel/clock.ts';
import { systemIds } from '../../src/kernel/ids.ts';
import {
  awaitingEnvelope,
  awaitingEnvelopes,
  cosign,
  powersFor,
  readOffer,
} from '../../src/payments/cosign/index.ts';
import { readFreeze, submitPayments } from '../../src/payments/index.ts';
import { keyScope } from '../../src/payments/provision/index.ts';
import { pollDeposits } from '../../src/rails/index.ts';
import { randomKeyPair } from '../../src/stellar/keys.ts';
import type { AccountOptions } from '../../src/stellar/operations.ts';
import { describeDatabases } from '../support/databases.ts';
import { faults, type Money, openMoney, type Seeded, XLM } from '../support/money.ts';

/** nothing gets through to the network */
const REFUSES = ['POST /transactions', 'POST /transactions_async'].map((on) => ({
  on,
  respond: { status: 503, body: '' },
}));

const addChannels = async (money: Money, count: number): Promise<Seeded[]> => {
  const channels: Seeded[] = [];
  for (let at = 0; at < count; at++) {
    const pair = await money.wallet({ trust: false });
    channels.push(pair);
    await money.ctx.db.read
      .insertInto('keys')
      .values({
        account: pair.publicKey,
        purpose: 'channel',
        seed: money.ctx.box.seal(pair.seed, keyScope(pair.publicKey)),
        created_at: isoTime(money.clock.now() + at),
      })
      .execute();
  }
  return channels;
};

const started = async (money: Money, more: object = {}) => {
  const wallet = await money.wallet();
  const row = await money.started('deposit', wallet.publicKey, 10n * XLM, more);
  money.credit(row, '10');
  await pollDeposits(money.ctx, money.options);
  return { wallet, row };
};

describeDatabases('co-signers and channels', (test) => {
  let money: Money;
  let ada: Seeded;
  beforeAll(async () => {
    money = await openMoney(test);
    ada = randomKeyPair(systemIds);
    await addChannels(money, 2);
    const options: AccountOptions = {
      signer: { key: ada.publicKey, weight: 1 },
      mediumThreshold: 2,
      highThreshold: 2,
    };
    await money.apply(money.distribution, [{ type: 'setOptions', options }]);
  });
  afterAll(() => money.close());

  const submit = () => submitPayments(money.ctx, money.options);
  const sign = async (id: string) => {
    const envelope = await awaitingEnvelope(money.ctx, id);
    const powers = await powersFor(money.ctx, envelope);
    return cosign(money.ctx, envelope, powers, readOffer(money.ctx, envelope, ada.seed), 'operator:test');
  };

  it('each envelope that waits has a channel of its own, and the later one may be signed first', async () => {
    const memo = (value: string) => ({ memo: { type: 'id' as const, value } });
    const first = await started(money, memo('1'));
    await submit();
    const second = await started(money, memo('2'));
    await submit();
    const waiting = await awaitingEnvelopes(money.ctx);
    expect(waiting).toHaveLength(2);
    const sources = waiting.map((one) => one.source_account);
    expect(new Set(sources).size).toBe(2);
    expect(sources).not.toContain(money.distribution.publicKey);
    await sign(second.row.id);
    await submit();
    expect((await money.row(second.row.id)).status).toBe('completed');
    expect((await money.row(first.row.id)).status).toBe('pending_stellar');
    await sign(first.row.id);
    await submit();
    expect((await money.row(first.row.id)).status).toBe('completed');
    expect(await money.deliveries(first.wallet.publicKey)).toHaveLength(1);
    expect(await readFreeze(money.ctx.db.read)).toBeNull();
  });
});

describeDatabases('a channel that is merged away', (test) => {
  let money: Money;
  let channel: Seeded;
  beforeAll(async () => {
    money = await openMoney(test);
    const channels = await addChannels(money, 1);
    channel = channels[0] as Seeded;
  });
  afterAll(() => money.close());

  it('F21: with an envelope in flight: nothing is paid twice, and the rest goes on or is said', async () => {
    const all = [
      await started(money, { memo: { type: 'id', value: '1' } }),
      await started(money, { memo: { type: 'id', value: '2' } }),
    ];
    // nothing gets through: both sources have an envelope in flight
    await faults(money.sandbox, REFUSES);
    const brief = { ...money.options, deadlineMs: money.clock.now() + 2_000 };
    await submitPayments(money.ctx, brief);
    await faults(money.sandbox, []);
    const slots = await money.ctx.db.read
      .selectFrom('slots')
      .selectAll()
      .where('state', '=', 'open')
      .execute();
    const bound = slots.find((slot) => slot.source_account === channel.publicKey);
    expect(bound).toBeDefined();
    // whoever holds the key ends the account, from another source: the number is never used
    const via = await money.wallet({ trust: false });
    const account = await money.ctx.network.account(via.publicKey);
    if ('missing' in account) throw new Error('missing');
    const { buildTransaction } = await import('../../src/stellar/build.ts');
    const merge = await buildTransaction({
      passphrase: money.sandbox.passphrase,
      source: via.publicKey,
      sequence: account.sequence + 1n,
      feePerOperation: 100n,
      operations: [
        { type: 'accountMerge', source: channel.publicKey, destination: money.distribution.publicKey },
      ],
      maxTime: 0,
      signers: [via, channel],
    });
    money.sandbox.closeLedger({ transactions: [merge.xdr] });
    expect(await money.ctx.network.account(channel.publicKey)).toHaveProperty('missing');
    await submitPayments(money.ctx, money.options);
    money.clock.advance(60_000);
    await submitPayments(money.ctx, money.options);
    for (const { row, wallet } of all) {
      expect(await money.deliveries(wallet.publicKey)).toHaveLength(1);
      expect((await money.row(row.id)).status).toBe('completed');
    }
    const ended = await money.ctx.db.read
      .selectFrom('slots')
      .selectAll()
      .where('id', '=', bound?.id ?? '')
      .execute();
    expect(ended).toMatchObject([{ state: 'dead' }]);
    // and goes on without it
    const later = await started(money);
    await submitPayments(money.ctx, money.options);
    expect((await money.row(later.row.id)).status).toBe('completed');
  });
});
