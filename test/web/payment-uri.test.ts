import { describe, expect, it } from 'vitest';
import { formatAmount } from '../../src/kernel/amounts.ts';
import { paymentUri } from '../../src/web/interactive/payment-uri.ts';
import { languages } from '../../src/web/messages/index.ts';
import { qrPicture } from '../../src/web/qr/index.ts';
import { ALICE, FORMS, useTestAnchor } from '../support/anchor.ts';
import { enter, PERSON } from './browser.ts';

const BANK = {
  bank_account_number: 'DE02120300000000202051',
  bank_account_type: 'savings',
  owner: 'yes',
  note: '',
};
const SRT = { code: 'SRT', issuer: ALICE };
const row = {
  anchor_account: ALICE,
  memo: '18446744073709551615',
  memo_type: 'id' as const,
  amount_in_units: 505_000_000n,
};
const unescaped = (html: string) => html.replaceAll('&amp;', '&').replaceAll('&#38;', '&');

describe('the payment of a withdrawal as an address', () => {
  const anchor = useTestAnchor({ forms: FORMS });
  const read = (...[paid, asset]: [Parameters<typeof paymentUri>[1], Parameters<typeof paymentUri>[2]]) =>
    new URL(paymentUri(anchor.ctx, paid, asset) ?? 'about:blank');

  it('names account, amount, asset, memo and network, and no origin that would need a signature (SO-04)', () => {
    const uri = read(row, SRT);
    expect([uri.protocol, uri.pathname]).toEqual(['web+stellar:', 'pay']);
    expect(Object.fromEntries(uri.searchParams)).toEqual({
      destination: ALICE,
      amount: '50.5',
      asset_code: 'SRT',
      asset_issuer: ALICE,
      memo: '18446744073709551615',
      memo_type: 'MEMO_ID',
      network_passphrase: anchor.ctx.project.network.passphrase,
    });
    expect(uri.search).not.toContain('+');
  });

  it('has text and hash memos as the SEP does, no asset for XLM, no amount where none is known (SO-04)', () => {
    const hash = read({ ...row, memo: 'ab'.repeat(32), memo_type: 'hash', amount_in_units: null }, SRT);
    expect(hash.searchParams.get('memo')).toBe(Buffer.from('ab'.repeat(32), 'hex').toString('base64'));
    expect(hash.searchParams.get('memo_type')).toBe('MEMO_HASH');
    expect(hash.searchParams.has('amount')).toBe(false);
    const text = read({ ...row, memo: 'a b&c=d+é', memo_type: 'text' }, { code: 'native', issuer: '' });
    expect(text.searchParams.get('memo')).toBe('a b&c=d+é');
    expect(text.searchParams.get('memo_type')).toBe('MEMO_TEXT');
    expect([text.searchParams.has('asset_code'), text.searchParams.has('asset_issuer')]).toEqual([
      false,
      false,
    ]);
  });

  it('leaves the passphrase out on the public network, and asks nobody to pay without a memo (SO-04)', () => {
    const { project } = anchor.ctx;
    const ctx = { project: { ...project, network: { ...project.network, name: 'public' as const } } };
    expect(paymentUri(ctx, row, SRT)).not.toContain('network_passphrase');
    expect(paymentUri(ctx, { ...row, memo: null }, SRT)).toBeNull();
    expect(paymentUri(ctx, { ...row, anchor_account: null }, SRT)).toBeNull();
  });

  it('stands on the page as link and picture in every language while the payment is waited for (SO-04)', async () => {
    const { id, base, visitor } = await enter(anchor, 'withdraw');
    await visitor.post(`${base}/amount`, { amount: '50' });
    await visitor.post(`${base}/form/person`, PERSON);
    expect((await visitor.get(`${base}/form/bank`)).text).not.toContain('web+stellar');
    await visitor.post(`${base}/form/bank`, BANK);
    const paid = await anchor.row(id);
    const asset = await anchor.ctx.db.read
      .selectFrom('assets')
      .selectAll()
      .where('id', '=', paid.asset_id)
      .executeTakeFirstOrThrow();
    const uri = paymentUri(anchor.ctx, paid, asset) ?? '';
    expect(uri).toContain(`amount=${formatAmount(paid.amount_in_units ?? 0n)}&`);
    const seen = new Set<string>();
    for (const lang of languages()) {
      await anchor.ctx.db.read.updateTable('transactions').set({ lang }).where('id', '=', id).execute();
      const { text } = await visitor.get(`${base}/status`);
      expect(unescaped(text)).toContain(`href="${uri}"`);
      expect(text).toContain(qrPicture(uri)?.path);
      seen.add(/<summary>([^<]*)<\/summary>/.exec(text)?.[1] ?? '');
    }
    expect(seen.size).toBe(languages().length);
    await anchor.advance(id, 'pending_anchor');
    expect((await visitor.get(`${base}/status`)).text).not.toContain('web+stellar');
  });
});
