import { describe, expect, it } from 'vitest';
import { type Principal, parseSubject } from '../../../src/kernel/principal.ts';
import { firmQuote, NO_DELIVERY } from '../../../src/quotes/index.ts';
import { ALICE, BOB, CONTRACT, DISTRIBUTION, ISSUER, useTestAnchor } from '../../support/anchor.ts';
import { BRL, integrations, QUOTES, SRT, USD } from '../sep38/client.ts';
import { countTransactions, type Params, walletOf } from './client.ts';

const who = (subject: string): Principal => parseSubject(subject) as Principal;

describe('SEP-6 exchanges', () => {
  const anchor = useTestAnchor({
    project: { seps: [1, 6, 10, 38], quotes: QUOTES },
    assets: [{ code: 'EUR2', issuer: BOB, sep38_enabled: 1 }],
    integrations,
  });
  const prepare = async () => anchor.ctx.db.read.updateTable('assets').set({ sep38_enabled: 1 }).execute();
  const wallet = (subject = ALICE) => walletOf(anchor, subject);
  const deposit = (more: Params = {}, subject = ALICE) =>
    wallet(subject).get('deposit-exchange', {
      destination_asset: 'SRT',
      source_asset: BRL,
      amount: '100',
      funding_method: 'PIX',
      account: ALICE,
      ...more,
    });
  const withdraw = (more: Params = {}, subject = ALICE) =>
    wallet(subject).get('withdraw-exchange', {
      source_asset: 'SRT',
      destination_asset: BRL,
      amount: '100',
      funding_method: 'PIX',
      dest: '12345678',
      ...more,
    });
  const quote = async (
    sellAsset: string,
    buyAsset: string,
    subject = ALICE,
    context: 'sep6' | 'sep24' = 'sep6',
  ) => {
    const delivery = sellAsset === BRL ? { sellDeliveryMethod: 'PIX' } : { buyDeliveryMethod: 'PIX' };
    const row = await firmQuote(anchor.ctx, who(subject), {
      ...NO_DELIVERY,
      ...delivery,
      sellAsset,
      buyAsset,
      given: { sell: 1_000_000_000n },
      context,
      expireAfter: null,
    });
    return row;
  };

  it('without a quote: taken, with what comes in and both assets, and no rate that nobody promised (S6-21, S6-25, S6-F17, S6-F18)', async () => {
    await prepare();
    const answer = await deposit();
    expect(answer.status).toBe(200);
    const found = await wallet().find(answer.body['id']);
    expect(found).toMatchObject({
      kind: 'deposit-exchange',
      status: 'pending_user_transfer_start',
      amount_in: '100',
      amount_in_asset: BRL,
      amount_out_asset: SRT,
    });
    expect(found).not.toHaveProperty('amount_out');
    expect(found).not.toHaveProperty('quote_id');
    const out = await withdraw();
    expect(out.body).toMatchObject({ account_id: DISTRIBUTION, memo_type: 'id' });
    expect(await wallet().find(out.body['id'])).toMatchObject({
      kind: 'withdrawal-exchange',
      amount_in_asset: SRT,
      amount_out_asset: BRL,
    });
  });

  it.each(['deposit', 'withdraw'] as const)(
    'with a firm quote: a %s has its amounts, its fee and its time (S6-23, S6-31, S6-32, S6-F20, S6-F21)',
    async (kind) => {
      await prepare();
      const made = kind === 'deposit' ? await quote(BRL, SRT) : await quote(SRT, BRL);
      const answer = await (kind === 'deposit' ? deposit : withdraw)({ quote_id: made.id });
      expect(answer.status).toBe(200);
      const row = await anchor.row(answer.body['id'] as string);
      expect([row.amount_in_units, row.amount_out_units, row.expires_at]).toEqual([
        made.sell_units,
        made.buy_units,
        made.expires_at,
      ]);
      const found = await wallet().find(row.id);
      expect(found).toMatchObject({
        quote_id: made.id,
        amount_in: '100',
        amount_in_asset: kind === 'deposit' ? BRL : SRT,
        amount_fee: '1',
        amount_fee_asset: kind === 'deposit' ? BRL : SRT,
        fee_details: { total: '1', asset: kind === 'deposit' ? BRL : SRT },
      });
      expect(Number(found['amount_out'])).toBe(kind === 'deposit' ? 19.8 : 495);
      // one transaction only
      expect((await (kind === 'deposit' ? deposit : withdraw)({ quote_id: made.id })).status).toBe(400);
    },
  );

  it("needs no method beside the quote's, and takes the old name of the asset (S6-26, S6-23)", async () => {
    await prepare();
    const made = await quote(BRL, SRT);
    const answer = await deposit({
      quote_id: made.id,
      funding_method: undefined,
      destination_asset: undefined,
      asset_code: 'SRT',
    });
    expect(answer.status).toBe(200);
    expect((await anchor.row(answer.body['id'] as string)).funding_method).toBe('PIX');
    const full = await deposit({ destination_asset: `stellar:SRT:${ISSUER}` });
    expect(full.status).toBe(200);
  });

  it('refuses a quote that conflicts, is foreign, of another context or unknown, and changes nothing (S6-23)', async () => {
    await prepare();
    const made = await quote(BRL, SRT);
    const foreign = await quote(BRL, SRT, BOB);
    const elsewhere = await quote(BRL, SRT, ALICE, 'sep24');
    const before = await countTransactions(anchor);
    const answers = [];
    for (const more of [
      { quote_id: foreign.id },
      { quote_id: elsewhere.id },
      { quote_id: 'de762cda-a193-4961-861e-57b31fed6eb3' },
      { quote_id: 'x' },
    ])
      answers.push(await deposit(more));
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    for (const more of [
      { quote_id: made.id, amount: '101' },
      { quote_id: made.id, source_asset: USD },
      { quote_id: made.id, destination_asset: 'EUR2' },
      { quote_id: made.id, funding_method: 'cash' },
    ])
      answers.push(await deposit(more));
    answers.push(await withdraw({ quote_id: made.id }));
    for (const { status, body } of answers) expect([status, typeof body['error']]).toEqual([400, 'string']);
    anchor.clock.advance(3_600_000 * 24 * 31);
    expect((await deposit({ quote_id: made.id })).status).toBe(400);
    expect(await countTransactions(anchor)).toBe(before);
  });

  it('refuses bad parameters (S6-21, S6-22)', async () => {
    await prepare();
    const before = await countTransactions(anchor);
    const bad: Params[] = [
      { amount: undefined },
      { amount: '' },
      { amount: '0' },
      { amount: '1e3' },
      { amount: '-1' },
      { funding_method: 'cheque' },
      { funding_method: undefined },
    ];
    const names = ['source_asset', 'destination_asset'];
    for (const name of names)
      for (const value of [
        undefined,
        '',
        'x',
        'iso4217:usd',
        'iso4217:XXX',
        'iso4217:USDD',
        'btc:x',
        `stellar:NOPE:${ISSUER}`,
        'stellar:SRT:x',
        '\0',
      ])
        bad.push({ [name]: value });
    for (const more of bad) {
      for (const ask of [deposit, withdraw]) {
        const answer = await ask(more);
        expect([JSON.stringify(more), answer.status]).toEqual([JSON.stringify(more), 400]);
      }
    }
    expect((await deposit({ account: undefined })).status).toBe(400);
    expect((await deposit({ account: CONTRACT })).status).toBe(400);
    expect((await withdraw({ refund_memo: '1' })).status).toBe(400);
    expect(await countTransactions(anchor)).toBe(before);
  });
});
