import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RailsIntegration } from '../../src/config/integrations.ts';
import { pollDeposits, railsRoutes, signDelivery, verifyDelivery } from '../../src/rails/index.ts';
import type { AnchorContext } from '../../src/transfers/index.ts';
import { describeDatabases } from '../support/databases.ts';
import { type Money, openMoney, type Seeded, scriptedBank, XLM } from '../support/money.ts';

const OLD = 'the-old-secret-of-the-bank-0001';
const NEW = 'the-new-secret-of-the-bank-0002';

describeDatabases('the bank’s webhook', (test) => {
  let money: Money;
  let wallet: Seeded;
  beforeAll(async () => {
    money = await openMoney(test, { bank: scriptedBank() });
    wallet = await money.wallet({ units: 1_000n * XLM });
  });
  afterAll(() => money.close());

  const context = (rails: Partial<RailsIntegration> = {}, secrets: string[] | undefined = [NEW, OLD]) =>
    ({
      ...money.ctx,
      project: {
        ...money.ctx.project,
        secrets: { ...money.ctx.project.secrets, railsWebhook: secrets },
        integrations: { rails: { ...money.bank.rails, ...rails } },
      },
    }) satisfies AnchorContext;
  const nowSeconds = () => Math.floor(money.clock.now() / 1000);
  const send = async (
    body: string,
    more: { ctx?: AnchorContext; secret?: string; at?: number; header?: string | null } = {},
  ) => {
    const header =
      more.header ?? signDelivery(body, { secret: more.secret ?? NEW, at: more.at ?? nowSeconds() });
    const response = await railsRoutes(more.ctx ?? context()).request('http://localhost/rails/webhook', {
      method: 'POST',
      body,
      headers: more.header === null ? {} : { 'anchor-signature': header },
    });
    return { status: response.status, body: (await response.json().catch(() => null)) as never };
  };
  const events = () => money.ctx.db.read.selectFrom('bank_events').selectAll().execute();
  const started = () => money.started('deposit', wallet.publicKey, 100n * XLM);
  let serial = 0;
  const creditFor = (reference: string) => ({ id: `W-${++serial}`, amount: '100', reference, from: 'Ada' });
  const deposit = (reference: string) =>
    JSON.stringify({ events: [{ type: 'deposit', credit: creditFor(reference) }] });

  it('books a signed delivery exactly as a poll would', async () => {
    const row = await started();
    const body = deposit(row.reference);
    expect(await send(body)).toEqual({ status: 200, body: { status: 'done' } });
    expect(await money.row(row.id)).toMatchObject({ status: 'pending_anchor', received_units: 100n * XLM });
    money.bank.credits.push(JSON.parse(body).events[0].credit);
    await pollDeposits(money.ctx, money.options);
    expect(await money.obligations(row.id)).toHaveLength(1);
  });

  it('takes the same bytes once, and the same credit in another delivery once', async () => {
    const row = await started();
    const body = deposit(row.reference);
    const at = nowSeconds();
    await send(body, { at });
    expect(await send(body, { at })).toEqual({ status: 200, body: { status: 'known' } });
    expect((await send(body, { at: at - 1 })).status).toBe(200);
    await Promise.all([send(body, { at: at - 2 }), send(body, { at: at - 2 }), send(body, { at: at - 3 })]);
    expect((await money.row(row.id)).received_units).toBe(100n * XLM);
    expect(await money.obligations(row.id)).toHaveLength(1);
  });

  it('knows the old secret and the new one', async () => {
    for (const secret of [OLD, NEW]) {
      const row = await started();
      await send(deposit(row.reference), { secret });
      expect((await money.row(row.id)).status).toBe('pending_anchor');
    }
  });

  it.each([
    ['no header', () => null],
    ['an empty one', () => ''],
    ['another secret', (body: string) => signDelivery(body, { secret: 'x'.repeat(30), at: nowSeconds() })],
    ['other bytes', () => signDelivery('{}', { secret: NEW, at: nowSeconds() })],
    ['six minutes ago', (body: string) => signDelivery(body, { secret: NEW, at: nowSeconds() - 360 })],
    ['in six minutes', (body: string) => signDelivery(body, { secret: NEW, at: nowSeconds() + 360 })],
    [
      'the time changed',
      (body: string) =>
        signDelivery(body, { secret: NEW, at: nowSeconds() - 360 }).replace(/^t=\d+/, `t=${nowSeconds()}`),
    ],
    ['two times', (body: string) => `t=1,${signDelivery(body, { secret: NEW, at: nowSeconds() })}`],
    ['a time that is none', () => `t=NaN,v1=${'0'.repeat(64)}`],
    ['a long header', () => `t=1,${'v1=00,'.repeat(1000)}`],
    ['a signature of another length', () => `t=${nowSeconds()},v1=00`],
  ])('refuses %s with 401 and stores nothing', async (_, make) => {
    const before = (await events()).length;
    const row = await started();
    const body = deposit(row.reference);
    expect((await send(body, { header: make(body) })).status).toBe(401);
    expect(await events()).toHaveLength(before);
    expect((await money.row(row.id)).status).toBe('pending_user_transfer_start');
  });

  it('refuses more than 256 kB unread', async () => {
    const before = (await events()).length;
    expect((await send('x'.repeat(256_001))).status).toBe(413);
    expect(await events()).toHaveLength(before);
  });

  it('is not there without a secret, and never by GET', async () => {
    expect((await send('{}', { ctx: context({}, []) })).status).toBe(404);
    const get = await railsRoutes(context()).request('http://localhost/rails/webhook');
    expect(get.status).toBe(404);
  });

  it.each([
    'not json',
    '[]',
    '7',
    'null',
    '{"type":"weather"}',
    '{"events":[{"type":"payout","key":"nobody","status":"completed"}]}',
    '{"events":[{"type":"payout","key":5,"status":"completed"}]}',
    '{"events":[{"type":"return","return":{"reason":"x"}}]}',
    '{"events":[null,7,"x",{"__proto__":{"type":"deposit"}}]}',
    `{"events":${'['.repeat(5000)}${']'.repeat(5000)}}`,
    '\u0000\u0000',
  ])('F16: answers 200 to what makes no sense and keeps it for the operator: %#', async (body) => {
    expect(await send(body)).toEqual({ status: 200, body: { status: 'stored' } });
    const stored = (await events()).find((row) => row.state === 'unknown');
    expect(stored?.error).toBeTruthy();
    expect(({} as Record<string, unknown>)['type']).toBeUndefined();
    await money.ctx.db.read.updateTable('bank_events').set({ state: 'done' }).execute();
  });

  it('books the good events beside a bad one', async () => {
    const row = await started();
    const good = { type: 'deposit', credit: creditFor(row.reference) };
    expect((await send(JSON.stringify({ events: [{ type: 'odd' }, good, null] }))).status).toBe(200);
    expect((await money.row(row.id)).status).toBe('pending_anchor');
  });

  it('hands the bank’s own format to rails.webhook, and ignores what does not concern us', async () => {
    const row = await started();
    const seen: unknown[] = [];
    const ctx = context({
      webhook: async ({ body, headers }) => {
        seen.push(headers['anchor-signature'] !== undefined);
        const { art, betrag, zweck } = JSON.parse(body);
        if (art !== 'Gutschrift') return [];
        return [{ type: 'deposit', credit: { id: 'G-1', amount: betrag, reference: zweck } }];
      },
    });
    await send(JSON.stringify({ art: 'Gutschrift', betrag: '100', zweck: row.reference }), { ctx });
    expect((await money.row(row.id)).status).toBe('pending_anchor');
    expect(await send(JSON.stringify({ art: 'Saldo' }), { ctx })).toMatchObject({ body: { status: 'done' } });
    expect(seen).toEqual([true, true]);
  });

  it('R12: keeps a delivery whose translation fails, and works it off when it is mended', async () => {
    const row = await started();
    const body = deposit(row.reference);
    for (const webhook of [
      () => {
        throw new Error('bug');
      },
      async () => 'many' as never,
      async () => [{ type: 'deposit', credit: { amount: 10n } }] as never,
    ]) {
      const failing = await send(`${body} `.padEnd(body.length + ++serial), { ctx: context({ webhook }) });
      expect(failing).toEqual({ status: 200, body: { status: 'stored' } });
    }
    expect((await money.row(row.id)).status).toBe('pending_user_transfer_start');
    money.clock.advance(60_000);
    await pollDeposits(context(), money.options);
    expect((await money.row(row.id)).status).toBe('pending_anchor');
  });

  it('verifies in the bank’s own way where the rails say how, and fails closed', async () => {
    const row = await started();
    const body = deposit(row.reference);
    const sign = (text: string) => createHmac('sha256', 'bank').update(text).digest('hex');
    const rails = (signedAt: () => number): Partial<RailsIntegration> => ({
      verifyWebhook: ({ body: text, headers }) =>
        headers['anchor-signature'] === sign(text) ? { signedAt: signedAt() } : null,
    });
    const ctx = context(rails(nowSeconds), []);
    expect((await send(body, { ctx })).status).toBe(401);
    expect(
      (
        await send(body, {
          ctx: context(
            rails(() => nowSeconds() - 999),
            [],
          ),
          header: sign(body),
        })
      ).status,
    ).toBe(401);
    const throwing = context({ verifyWebhook: () => JSON.parse('{') }, []);
    expect((await send(body, { ctx: throwing, header: sign(body) })).status).toBe(401);
    expect((await send(body, { ctx, header: sign(body) })).status).toBe(200);
    expect((await money.row(row.id)).status).toBe('pending_anchor');
  });

  it('keeps what was delivered sealed', async () => {
    await send('{"events":[{"type":"odd","name":"Ada Lovelace"}]}');
    expect(JSON.stringify(await events())).not.toContain('Lovelace');
  });
});

describe('the signature of a delivery', () => {
  it('is an HMAC-SHA256 of time and body', () => {
    const header = signDelivery('{"a":1}', { secret: OLD, at: 1_700_000_000 });
    const expected = createHmac('sha256', OLD).update('1700000000.{"a":1}').digest('hex');
    expect(header).toBe(`t=1700000000,v1=${expected}`);
    const both = signDelivery('x', { secret: [OLD, NEW], at: 5 });
    const body = Buffer.from('x');
    for (const secret of [OLD, NEW]) {
      expect(verifyDelivery(both, body, { secrets: [secret], nowSeconds: 5 })).toEqual({ signedAt: 5 });
    }
  });
});
