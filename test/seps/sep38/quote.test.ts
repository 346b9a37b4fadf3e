import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALICE, BOB, createTestAnchor, MUXED, SHARED, type TestAnchor } from '../../support/anchor.ts';
import { BRL, DEPOSIT, get, integrations, post, QUOTES, SRT, WITHDRAWAL } from './client.ts';

let anchor: TestAnchor;
let token: string;

beforeAll(async () => {
  anchor = await createTestAnchor({ integrations, project: { seps: [1, 10, 24, 38], quotes: QUOTES } });
  await anchor.ctx.db.read.updateTable('assets').set({ sep38_enabled: 1 }).execute();
  token = anchor.token(ALICE);
});
afterAll(() => anchor.close());

describe('POST /sep38/quote', () => {
  it('answers 201 with the quote and nothing else (S38-27, S38-30, S38-F06, S38-F07, S38-F08)', async () => {
    const { status, body } = await post(anchor, WITHDRAWAL, token);
    expect(status).toBe(201);
    const { id, ...rest } = body;
    expect(rest).toEqual({
      expires_at: '2026-01-31T12:10:00.000Z',
      total_price: '0.202020202',
      price: '0.2',
      sell_asset: SRT,
      sell_amount: '100',
      buy_asset: BRL,
      buy_amount: '495',
      buy_delivery_method: 'PIX',
      fee: { total: '1', asset: SRT, details: [{ name: 'Service fee', amount: '1' }] },
    });
    expect(await get(anchor, `quote/${id}`, {}, token)).toMatchObject({ status: 200, body });
  });
});

describe('quotes over HTTP', () => {
  it('are for users only: 403 before anything is looked at (S38-01)', async () => {
    for (const bad of [undefined, 'x', `${token}x`]) {
      for (const answer of [
        await post(anchor, '{', bad),
        await get(anchor, 'quote/00000000-0000-4000-8000-000000000000', {}, bad),
      ]) {
        expect(answer.status).toBe(403);
        expect(answer.body.error).toEqual(expect.any(String));
        expect(answer.headers.get('access-control-allow-origin')).toBe('*');
      }
    }
  });

  it('are the same 404, byte for byte, for all others, and for what is no id (S38-02, S38-38, S38-P10)', async () => {
    const { body } = await post(anchor, WITHDRAWAL, token);
    const ids = [
      body.id,
      '00000000-0000-4000-8000-000000000000',
      'not-an-id',
      '%00',
      'x'.repeat(5000),
      '..%2f',
    ];
    const answers: string[] = [];
    for (const subject of [`${ALICE}:1`, `${ALICE}:2`, BOB, MUXED, SHARED]) {
      const other = anchor.token(subject);
      for (const id of ids) {
        const answer = await anchor.request(`/sep38/quote/${id}`, {
          headers: { authorization: `Bearer ${other}` },
        });
        expect(answer.status).toBe(404);
        answers.push(`${await answer.text()} ${JSON.stringify([...answer.headers])}`);
      }
    }
    expect(new Set(answers).size).toBe(1);
    expect((await get(anchor, `quote/${body.id}`, {}, token)).status).toBe(200);
  });

  it('are the same for a user of a shared account by memo and by muxed id (SC-18, S38-38)', async () => {
    const { body } = await post(anchor, WITHDRAWAL, anchor.token(MUXED));
    expect((await get(anchor, `quote/${body.id}`, {}, anchor.token(MUXED))).body).toEqual(body);
    expect((await get(anchor, `quote/${body.id}`, {}, anchor.token(`${SHARED}:77`))).body).toEqual(body);
    expect((await get(anchor, `quote/${body.id}`, {}, anchor.token(SHARED))).status).toBe(404);
  });

  it('stay as they were made, whatever the prices do (S38-36, S38-37, S38-39)', async () => {
    const sold = await post(anchor, DEPOSIT, token);
    expect(sold.status).toBe(201);
    expect(sold.body).toMatchObject({
      sell_amount: '501',
      buy_amount: '100',
      price: '5',
      total_price: '5.01',
    });
    expect(sold.body).toMatchObject({ sell_delivery_method: 'PIX', fee: { total: '1', asset: BRL } });
    anchor.clock.advance(3_600_000);
    expect((await get(anchor, `quote/${sold.body.id}`, {}, anchor.token(ALICE))).body).toEqual(sold.body);
  });

  it('take numbers as amounts, and echo assets exactly; 201 expires in the future (S38-27, S38-30, S38-31, S38-F07)', async () => {
    const { status, body } = await post(anchor, { ...WITHDRAWAL, sell_amount: 100 }, anchor.token(ALICE));
    expect(status).toBe(201);
    expect(Number(body.sell_amount)).toBe(100);
    expect(body).toMatchObject({ sell_asset: SRT, buy_asset: BRL });
    expect(Date.parse(body.expires_at)).toBeGreaterThan(anchor.clock.now());
    expect(body.expires_at).toMatch(/Z$/);
  });

  it('hold at least until expire_after (S38-29, S38-P09)', async () => {
    const after = new Date(anchor.clock.now() + 7_200_000).toISOString().replace('.000Z', 'Z');
    const { body } = await post(anchor, { ...WITHDRAWAL, expire_after: after }, anchor.token(ALICE));
    expect(Date.parse(body.expires_at)).toBeGreaterThanOrEqual(Date.parse(after));
  });

  it('need a method where there are several (S38-28)', async () => {
    const { buy_delivery_method: _, ...rest } = WITHDRAWAL;
    const user = anchor.token(ALICE);
    expect((await post(anchor, rest, user)).status).toBe(400);
    expect((await post(anchor, { ...rest, buy_asset: 'iso4217:USD' }, user)).status).toBe(201);
    const twice = { ...WITHDRAWAL, sell_delivery_method: 'PIX' };
    expect((await post(anchor, twice, user)).status).toBe(400);
  });
});
