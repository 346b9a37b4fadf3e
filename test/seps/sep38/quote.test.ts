import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALICE, createTestAnchor, type TestAnchor } from '../../support/anchor.ts';
import { BRL, get, integrations, post, QUOTES, SRT, WITHDRAWAL } from './client.ts';

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
