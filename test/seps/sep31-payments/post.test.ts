import { describe, expect, it } from 'vitest';
import { isAccount } from '../../../src/kernel/strkey.ts';
import { ALICE, BOB, ISSUER, MUXED, SHARED, useTestAnchor } from '../../support/anchor.ts';
import { countTransactions } from '../sep24/client.ts';
import { senderOf } from './client.ts';

const hash = Buffer.alloc(32, 9).toString('base64');
const srt = { sep31_enabled: 1 as const, code: 'USDC', anchored_asset: 'iso4217:USD' };

describe('SEP-31 POST /transactions', () => {
  const anchor = useTestAnchor({ assets: [srt, { code: 'OFF' }] });
  const sender = (subject?: string) => senderOf(anchor, subject);
  const good = { amount: 100, asset_code: 'USDC', funding_method: 'SEPA' };

  it('answers 201 with where to pay, and the payment is there at once (S31-08, S31-M01, S31-F17)', async () => {
    const answer = await sender().post(good);
    expect(answer.status).toBe(201);
    expect(Object.keys(answer.body).sort()).toEqual([
      'id',
      'stellar_account_id',
      'stellar_memo',
      'stellar_memo_type',
    ]);
    expect(isAccount(answer.body['stellar_account_id'])).toBe(true);
    expect(answer.body['stellar_memo_type']).toBe('id');
    const found = await sender().find(answer.body['id'] as string);
    expect(found).toMatchObject({
      ...answer.body,
      status: 'pending_sender',
      amount_in: '100',
      amount_out: '98.9',
      amount_fee: '1.1',
    });
    expect(found).not.toHaveProperty('refunds');
  });

  it('says nothing of an end that is not promised, has its words as status_message, and tells whether it went back (S31-F02, S31-F03, S31-F13)', async () => {
    const id = await sender().begin(good);
    const before = await sender().find(id);
    for (const name of ['status_eta', 'status_message', 'message']) expect(before).not.toHaveProperty(name);
    expect(before['refunded']).toBe(false);
    const change = (set: object) =>
      anchor.ctx.db.read.updateTable('transactions').set(set).where('id', '=', id).execute();
    await change({ message: 'We look at it.', status: 'refunded' });
    const after = await sender().find(id);
    expect(after).toMatchObject({ status_message: 'We look at it.', status: 'refunded', refunded: true });
    expect(after).not.toHaveProperty('message');
  });

  it('has amounts and fee as text with their assets, and where to pay from pending_sender on (S31-F04, S31-F05, S31-F06, S31-F09)', async () => {
    const found = await sender().find(await sender().begin(good));
    expect(found).toMatchObject({
      amount_in: '100',
      amount_in_asset: `stellar:USDC:${ISSUER}`,
      amount_out: '98.9',
      amount_out_asset: 'iso4217:USD',
      amount_fee: '1.1',
      amount_fee_asset: `stellar:USDC:${ISSUER}`,
    });
    expect(isAccount(found['stellar_account_id'])).toBe(true);
    expect([found['stellar_memo_type'], found['stellar_memo']]).toEqual([
      'id',
      expect.stringMatching(/^\d+$/),
    ]);
    const later = await sender().begin(good);
    await anchor.ctx.db.read
      .updateTable('transactions')
      .set({ status: 'pending_anchor', anchor_account: null, memo: null, memo_type: null })
      .where('id', '=', later)
      .execute();
    const open = await sender().find(later);
    expect(open['status']).toBe('pending_receiver');
    for (const name of ['stellar_account_id', 'stellar_memo_type', 'stellar_memo'])
      expect(open).not.toHaveProperty(name);
  });

  it('takes amounts as number and as text (S31-P01, SC-22)', async () => {
    for (const amount of [12.5, '12.5', '12.50']) {
      const id = await sender().begin({ ...good, amount });
      expect((await anchor.row(id)).amount_expected_units).toBe(125_000_000n);
    }
  });

  it.each([
    ['no amount', { amount: undefined }],
    ['zero', { amount: 0 }],
    ['an exponent', { amount: '1e2' }],
    ['below the minimum', { amount: 0.5 }],
    ['above the maximum', { amount: 10_001 }],
    ['too many decimals', { amount: '10.001' }],
    ['no asset_code', { asset_code: undefined }],
    ['an unknown asset', { asset_code: 'XYZ' }],
    ['an asset that is not offered here', { asset_code: 'OFF' }],
    ['another issuer', { asset_issuer: BOB }],
    ['an unknown funding_method', { funding_method: 'PIGEON' }],
    ['refund_memo without its type', { refund_memo: '7' }],
    ['refund_memo_type without a memo', { refund_memo_type: 'id' }],
    ['a refund_memo that does not fit its type', { refund_memo: 'x', refund_memo_type: 'id' }],
    ['an unknown quote', { quote_id: '6f3c9b1e-9c3f-4c62-8a0b-0d6a1f0c7a11' }],
    ['a Stellar destination_asset', { destination_asset: `stellar:USDC:${ISSUER}` }],
    ['fields that are no object', { fields: 'x' }],
  ])(
    'refuses %s with 400 and keeps nothing (S31-P01, S31-P02, S31-P04, S31-P09, S31-13)',
    async (_, change) => {
      const before = await countTransactions(anchor);
      const answer = await sender().post({ ...good, ...change });
      expect([answer.status, typeof answer.body['error']]).toEqual([400, 'string']);
      expect(await countTransactions(anchor)).toBe(before);
    },
  );

  it('refuses in the language of the request, and in English where it is not spoken (S31-13, S31-P10, SC-26)', async () => {
    const told = async (lang: unknown) => (await sender().post({ ...good, amount: 0.5, lang })).body['error'];
    expect(await told('es')).toBe('El importe mínimo es 1.');
    expect(await told('pt-BR')).toBe('O valor mínimo é 1.');
    expect(await told('fr')).toBe('Le montant minimal est 1.');
    expect(await told('id')).toBe('Jumlah terkecil adalah 1.');
    for (const lang of ['en', 'xx', '', '<script>', 7, {}, undefined])
      expect(await told(lang)).toMatch(/smallest|text/);
    expect((await sender().post({ ...good, lang: 'not a language' })).status).toBe(201);
  });

  it('takes the only funding method when none is named, and the issuer when it is right (S31-P03, S31-P04)', async () => {
    const id = await sender().begin({ ...good, funding_method: undefined, asset_issuer: ISSUER });
    expect((await anchor.row(id)).funding_method).toBe('SEPA');
  });

  it('keeps the memo for refunds (S31-P09)', async () => {
    const id = await sender().begin({ ...good, refund_memo: hash, refund_memo_type: 'hash' });
    const row = await anchor.row(id);
    expect([row.refund_memo_type, row.refund_memo]).toEqual(['hash', '09'.repeat(32)]);
  });

  it('demands a token and JSON (S31-01, SC-08)', async () => {
    const bare = await anchor.request('/sep31/transactions', { method: 'POST', body: '{' });
    expect(bare.status).toBe(403);
    expect(bare.headers.get('access-control-allow-origin')).toBe('*');
    expect(
      (await sender().send('POST', '/transactions', 'amount=1', 'application/x-www-form-urlencoded')).status,
    ).toBe(415);
    expect((await sender().send('POST', '/transactions', '{"amount": 1')).status).toBe(400);
  });

  it('shows a payment to nobody else, in the same words as one that is not there (S31-17, SC-15, SC-21)', async () => {
    const id = await sender(`${SHARED}:7`).begin(good);
    const absent = await sender().get('6f3c9b1e-9c3f-4c62-8a0b-0d6a1f0c7a11');
    expect(absent.status).toBe(404);
    for (const subject of [ALICE, SHARED, `${SHARED}:8`, MUXED]) {
      const answer = await sender(subject).get(id);
      expect([answer.status, answer.text]).toEqual([404, absent.text]);
    }
    expect((await sender(`${SHARED}:7`).get(id)).status).toBe(200);
    expect((await sender().get('not-an-id')).text).toBe(absent.text);
  });

  it('keeps the latest address for callbacks (S31-27)', async () => {
    const id = await sender().begin(good);
    expect((await sender().callback(id, 'https://a.example/one')).status).toBe(204);
    expect((await sender().callback(id, 'https://a.example/two')).status).toBe(204);
    expect((await anchor.row(id)).on_change_callback).toBe('https://a.example/two');
    for (const url of [
      'ftp://a.example',
      'x',
      7,
      '',
      undefined,
      'http://a.example/',
      'https://u:p@a.example/',
    ]) {
      expect((await sender().callback(id, url)).status).toBe(400);
    }
    expect((await sender(BOB).callback(id, 'https://b.example')).status).toBe(404);
    expect((await anchor.row(id)).on_change_callback).toBe('https://a.example/two');
  });
});
