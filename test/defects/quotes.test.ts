import { beforeAll, describe, expect, it } from 'vitest';
import { walletOf } from '../seps/sep06-transfer/client.ts';
import { countTransactions, walletOf as interactiveWallet } from '../seps/sep24/client.ts';
import { senderOf } from '../seps/sep31-payments/client.ts';
import { BRL, integrations, post, QUOTES, USD } from '../seps/sep38/client.ts';
import { ALICE, BOB, ISSUER, SHARED, useTestAnchor } from '../support/anchor.ts';

const USDC = `stellar:USDC:${ISSUER}`;

describe('defects in quotes', () => {
  const anchor = useTestAnchor({
    integrations,
    assets: [{ code: 'USDC', sep31_enabled: 1, sep38_enabled: 1, anchored_asset: USD }],
    project: {
      seps: [1, 6, 10, 24, 31, 38],
      quotes: QUOTES,
      sep31: { senders: [], fundingMethods: ['PIX'], quotesRequired: false, acceptUnverified: false },
    },
  });
  let life = 0;
  beforeAll(async () => {
    const { body } = await quote('sep24', ALICE);
    life = Date.parse(body.expires_at as string) - anchor.clock.now();
  });

  const quote = (context: string, subject: string, more: object = {}) =>
    post(
      anchor,
      {
        sell_asset: USDC,
        buy_asset: BRL,
        sell_amount: '100',
        buy_delivery_method: 'PIX',
        context,
        ...more,
      },
      anchor.token(subject),
    );
  const quoteId = async (context: string, subject = ALICE): Promise<string> => {
    const { status, body } = await quote(context, subject);
    expect(status).toBe(201);
    return body.id as string;
  };
  /** Every way in which a firm quote is used. */
  const uses: Record<
    string,
    (subject: string, quote_id: string) => Promise<{ status: number; text: string }>
  > = {
    sep24: (subject, quote_id) =>
      interactiveWallet(anchor, subject).post('withdraw', { asset_code: 'USDC', quote_id }),
    sep6: (subject, quote_id) =>
      walletOf(anchor, subject).get('withdraw-exchange', {
        source_asset: 'USDC',
        destination_asset: BRL,
        amount: '100',
        funding_method: 'PIX',
        dest: '12345678',
        quote_id,
      }),
    sep31: (subject, quote_id) =>
      senderOf(anchor, subject).post({
        amount: 100,
        asset_code: 'USDC',
        funding_method: 'PIX',
        destination_asset: BRL,
        quote_id,
      }),
  };
  const contexts = Object.entries(uses);

  it('1154 expired quote accepted: from the second it ends on it is refused, as one that never was', async () => {
    for (const [context, use] of contexts) {
      const [late, now] = [await quoteId(context), await quoteId(context)];
      expect((await use(ALICE, now)).status).toBeLessThan(300);
      anchor.clock.advance(life);
      const before = await countTransactions(anchor);
      const refused = await use(ALICE, late);
      const absent = await use(ALICE, '00000000-0000-4000-8000-000000000000');
      expect([context, refused.status, refused.text]).toEqual([context, 400, absent.text]);
      expect(await countTransactions(anchor)).toBe(before);
    }
  });

  it('1154 expired quote accepted: nor is a form that was begun in time finished with it', async () => {
    const wallet = interactiveWallet(anchor);
    const { id } = await wallet.begin('withdraw', { asset_code: 'USDC', quote_id: await quoteId('sep24') });
    anchor.clock.advance(life);
    await anchor.submit(id, 1_000_000_000n);
    expect(await anchor.row(id)).toMatchObject({ status: 'expired', anchor_account: null, memo: null });
  });

  it('#1934 quote reuse: of sixteen uses at once one is made, and none later, whatever the way', async () => {
    for (const [context, use] of contexts) {
      const id = await quoteId(context);
      const before = await countTransactions(anchor);
      const answers = await Promise.all(Array.from({ length: 16 }, () => use(ALICE, id)));
      const good = answers.filter(({ status }) => status < 300);
      expect([context, good.length]).toEqual([context, 1]);
      expect(answers.filter(({ status }) => status === 400)).toHaveLength(15);
      expect((await use(ALICE, id)).status).toBe(400);
      expect(await countTransactions(anchor)).toBe(before + 1);
    }
  });

  it('1284 quote owner: nobody uses, nor sees, the quote of another', async () => {
    for (const [context, use] of contexts) {
      for (const [owner, others] of [
        [ALICE, [BOB, SHARED, `${BOB}:1`]],
        [`${SHARED}:7`, [SHARED, `${SHARED}:8`, ALICE]],
      ] as const) {
        const id = await quoteId(context, owner);
        for (const other of others) {
          const refused = await use(other, id);
          const absent = await use(other, '00000000-0000-4000-8000-000000000000');
          expect([context, other, refused.status, refused.text]).toEqual([context, other, 400, absent.text]);
          const headers = { authorization: `Bearer ${anchor.token(other)}` };
          expect((await anchor.request(`/sep38/quote/${id}`, { headers })).status).toBe(404);
        }
        expect((await use(owner, id)).status).toBeLessThan(300);
      }
    }
  });

  it('1314 quote expiry year 9999: no client says how long a price is held', async () => {
    const count = async () => (await anchor.ctx.db.read.selectFrom('quotes').select('id').execute()).length;
    const before = await count();
    const far = new Date(anchor.clock.now() + 365 * 86_400_000).toISOString();
    for (const expire_after of ['9999-12-31T23:59:59Z', '9999-12-31', far, '+275760-09-13T00:00:00Z']) {
      const { status, body } = await quote('sep24', ALICE, { expire_after });
      expect([expire_after, status, Object.keys(body)]).toEqual([expire_after, 400, ['error']]);
    }
    expect(await count()).toBe(before);
    const { body } = await quote('sep24', ALICE);
    expect(Date.parse(body.expires_at as string)).toBe(anchor.clock.now() + life);
    expect(life).toBeLessThanOrEqual(3_600_000);
  });
});
