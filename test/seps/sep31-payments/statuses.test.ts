import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { putCustomer } from '../../../src/customers/index.ts';
import { watchPayments } from '../../../src/ingest/index.ts';
import { systemIds } from '../../../src/kernel/ids.ts';
import { parseSubject } from '../../../src/kernel/principal.ts';
import { executePayouts } from '../../../src/rails/index.ts';
import { sep31, wireStatus } from '../../../src/seps/sep31-payments/index.ts';
import { tokensOf } from '../../../src/seps/shared/tokens.ts';
import { createWire } from '../../../src/server/wire.ts';
import { randomKeyPair } from '../../../src/stellar/keys.ts';
import { customersOf } from '../../../src/transfers/customers.ts';
import type { AnchorContext } from '../../../src/transfers/index.ts';
import { holdTransaction, releaseTransaction, STATUSES } from '../../../src/transfers/index.ts';
import { useTestAnchor } from '../../support/anchor.ts';
import { createDatabase, type TestDatabase } from '../../support/databases.ts';
import { type Money, openMoney, XLM } from '../../support/money.ts';
import { senderOf } from './client.ts';

type Json = Record<string, unknown>;

describe('statuses on the wire', () => {
  it('are those of the SEP, whatever ours are (S31-22)', () => {
    const wire = new Set(STATUSES.map(wireStatus));
    expect([...wire].sort()).toEqual(
      [
        'pending_sender',
        'pending_stellar',
        'pending_customer_info_update',
        'pending_transaction_info_update',
        'pending_receiver',
        'pending_external',
        'completed',
        'refunded',
        'expired',
        'error',
      ].sort(),
    );
  });
});

describe('SEP-31 /info', () => {
  const anchor = useTestAnchor({
    assets: [
      { code: 'USDC', sep31_enabled: 1 },
      { code: 'FREE', sep31_enabled: 1, withdrawal_min_units: null, withdrawal_max_units: null },
      { code: 'SHUT', sep31_enabled: 1, withdrawal_enabled: 0 },
    ],
  });

  it('is public, in numbers, and lists what is taken (S31-03, S31-04, S31-05, S31-07, SC-07)', async () => {
    const answer = await anchor.request('/sep31/info?lang=xx');
    expect([
      answer.status,
      answer.headers.get('content-type'),
      answer.headers.get('access-control-allow-origin'),
    ]).toEqual([200, 'application/json', '*']);
    expect(await answer.json()).toEqual({
      receive: {
        USDC: {
          enabled: true,
          min_amount: 1,
          max_amount: 10_000,
          fee_fixed: 1,
          fee_percent: 0.1,
          funding_methods: ['SEPA'],
          quotes_supported: false,
          quotes_required: false,
          sep12: { sender: {}, receiver: {} },
        },
        FREE: {
          enabled: true,
          fee_fixed: 1,
          fee_percent: 0.1,
          funding_methods: ['SEPA'],
          quotes_supported: false,
          quotes_required: false,
          sep12: { sender: {}, receiver: {} },
        },
      },
    });
  });

  it('answers a transaction and nothing beside it (S31-17, S31-18, S31-F01, S31-F10, S31-23)', async () => {
    const sender = senderOf(anchor);
    const answer = await sender.get(await sender.begin({ asset_code: 'USDC' }));
    expect(Object.keys(answer.body)).toEqual(['transaction']);
    const found = answer.body['transaction'] as Json;
    expect(found).toMatchObject({
      status: 'pending_sender',
      started_at: '2026-01-31T12:00:00.000Z',
      updated_at: '2026-01-31T12:00:00.000Z',
      amount_out: '98.9',
    });
    expect(Object.values(found)).not.toContain(null);
  });
});

describe('a payment whose customer has to tell more', () => {
  let database: TestDatabase;
  let money: Money;
  let ctx: AnchorContext;
  beforeAll(async () => {
    database = await createDatabase('sqlite');
    money = await openMoney(database, { asset: { sep31_enabled: 1 }, project: { seps: [1, 10, 12, 31] } });
    ctx = { ...money.ctx, wire: createWire(money.ctx) };
  });
  afterAll(async () => {
    await money.close();
    await database.drop();
  });

  const owner = randomKeyPair(systemIds).publicKey;
  const ask = async (method: string, path: string, body?: unknown) => {
    const token = tokensOf(ctx).sign('api', { sub: owner, lifetimeSeconds: 86_400 });
    const answer = await sep31.routes(ctx).request(`http://localhost:8000/sep31${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, body: (text === '' ? {} : JSON.parse(text)) as Json };
  };
  const find = async (id: string) => (await ask('GET', `/transactions/${id}`)).body['transaction'] as Json;
  const register = async (type: string, memo: string, texts: Record<string, string>): Promise<string> => {
    const principal = parseSubject(owner);
    if (principal === null) throw new Error(owner);
    const made = (await putCustomer(customersOf(ctx), principal, {
      type,
      memo: { type: 'id', value: memo },
      texts,
    })) as unknown;
    return typeof made === 'string' ? made : (made as { id: string }).id;
  };

  it('waits in pending_customer_info_update, is paid out when it was told, and each of its statuses is told once (S31-24, S31-28, S31-M03, S31-M04, S31-F15)', async () => {
    const sender_id = await register('sep31-sender', '1', { first_name: 'Ada', last_name: 'Lovelace' });
    const receiver_id = await register('sep31-receiver', '2', {
      first_name: 'Bob',
      last_name: 'B',
      bank_account_number: 'OLD',
    });
    const told = (
      await ask('POST', '/transactions', {
        amount: 100,
        asset_code: money.asset.code,
        sender_id,
        receiver_id,
      })
    ).body;
    const id = told['id'] as string;
    expect((await ask('PUT', `/transactions/${id}/callback`, { url: 'https://a.example/hook' })).status).toBe(
      204,
    );
    const wallet = await money.wallet({ units: 100n * XLM });
    await money.apply(
      wallet,
      [
        {
          type: 'payment',
          destination: told['stellar_account_id'] as string,
          asset: money.stellarAsset,
          amount: 100n * XLM,
        },
      ],
      { memo: { type: 'id', value: told['stellar_memo'] as string } },
    );
    await watchPayments(ctx, money.options);
    // two moves of ours that are none on the wire
    const by = { by: 'operator:test', reason: 'test' };
    await releaseTransaction(ctx, await holdTransaction(ctx, await money.row(id), by), by);
    await ctx.db.write(async (trx) => {
      await trx
        .updateTable('customer_statuses')
        .set({ status: 'NEEDS_INFO' })
        .where('customer_id', '=', receiver_id)
        .execute();
      await trx
        .updateTable('customer_fields')
        .set({ state: 'rejected' })
        .where('customer_id', '=', receiver_id)
        .where('name', '=', 'bank_account_number')
        .execute();
      const holder = parseSubject(owner);
      if (holder === null) throw new Error(owner);
      const change = {
        customerId: receiver_id,
        owner: holder.owner,
        type: 'sep31-receiver',
        from: 'ACCEPTED',
        to: 'NEEDS_INFO',
        by: 'operator:test',
      } as const;
      await customersOf(ctx).changed?.(trx, change);
    });
    expect(await find(id)).toMatchObject({
      status: 'pending_customer_info_update',
      required_info_message: expect.any(String),
    });
    const before = money.bank.calls.payout.length;
    await executePayouts(ctx, money.options);
    expect(money.bank.calls.payout.length).toBe(before);
    await register('sep31-receiver', '2', { bank_account_number: 'NEW' });
    expect(await find(id)).toMatchObject({ status: 'pending_receiver' });
    await executePayouts(ctx, money.options);
    expect(await find(id)).toMatchObject({ status: 'completed' });
    const calls = await ctx.db.read
      .selectFrom('outbox')
      .selectAll()
      .where('transaction_id', '=', id)
      .orderBy('id')
      .execute();
    const bodies = calls.map(({ body }) => JSON.parse(body ?? '{}') as { transaction: Json });
    const statuses = bodies.map(({ transaction }) => transaction['status']);
    expect(statuses.filter((one, at) => one !== statuses[at - 1])).toEqual(statuses);
    expect(statuses[0]).toBe('pending_receiver');
    expect(statuses).toContain('pending_customer_info_update');
    expect(statuses.at(-1)).toBe('completed');
    expect(bodies.at(-1)?.transaction).toEqual(await find(id));
    expect(new Set(calls.map(({ url }) => url))).toEqual(new Set(['https://a.example/hook']));
  });

  it('is paid by a path payment as well as by a payment (S31-30, S31-15)', async () => {
    const sender_id = await register('sep31-sender', '1', {});
    const receiver_id = await register('sep31-receiver', '2', {});
    const told = (
      await ask('POST', '/transactions', { amount: 50, asset_code: money.asset.code, sender_id, receiver_id })
    ).body;
    const wallet = await money.wallet({ units: 50n * XLM });
    await money.apply(
      wallet,
      [
        {
          type: 'pathPaymentStrictReceive',
          sendAsset: money.stellarAsset,
          maximum: 50n * XLM,
          destination: told['stellar_account_id'] as string,
          asset: money.stellarAsset,
          amount: 50n * XLM,
          path: [],
        },
      ],
      { memo: { type: 'id', value: told['stellar_memo'] as string } },
    );
    await watchPayments(ctx, money.options);
    expect(await find(told['id'] as string)).toMatchObject({ status: 'pending_receiver', amount_in: '50' });
  });
});
