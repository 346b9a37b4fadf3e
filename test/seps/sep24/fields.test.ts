import { describe, expect, it } from 'vitest';
import { ALICE, existing, MUXED, useTestAnchor } from '../../support/anchor.ts';
import { type Json, walletOf } from './client.ts';

const UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

describe('the transaction of SEP-24, field by field', () => {
  const anchor = useTestAnchor({ network: { account: async (id) => existing(id) } });
  const change = (id: string, set: Json) =>
    anchor.ctx.db.read.updateTable('transactions').set(set).where('id', '=', id).execute();
  const keys = (object: Json) => Object.keys(object).sort();

  it('has an id of its own, kind, status and times from the beginning (S24-F01, S24-F02, S24-F03, SC-25)', async () => {
    const wallet = walletOf(anchor);
    const [first, second] = [await wallet.begin('deposit'), await wallet.begin('withdraw')];
    expect(first.id).not.toBe(second.id);
    for (const [{ id }, kind] of [
      [first, 'deposit'],
      [second, 'withdrawal'],
    ] as const) {
      const seen = await wallet.find(id);
      expect(seen).toMatchObject({ id, kind, status: 'incomplete' });
      expect(seen['started_at']).toMatch(UTC);
      expect(seen['updated_at']).toMatch(UTC);
    }
  });

  it('is the same object alone and in the list (S24-52, S24-43)', async () => {
    const wallet = walletOf(anchor);
    const { id } = await wallet.begin('deposit', { amount: '100' });
    const [listed] = await wallet.list('asset_code=SRT&kind=deposit&limit=1&lang=en');
    const { more_info_url: one, ...alone } = await wallet.find(id);
    const { more_info_url: other, ...inList } = listed as Json;
    expect(inList).toEqual(alone);
    expect([typeof one, typeof other]).toEqual(['string', 'string']);
  });

  it('is found by one of three keys, and by none is a bad request (S24-51)', async () => {
    const wallet = walletOf(anchor);
    const { id } = await wallet.begin('deposit');
    const hash = 'ab'.repeat(32);
    await change(id, { stellar_transaction_id: hash, external_transaction_id: 'BANK-1' });
    for (const query of [`id=${id}`, `stellar_transaction_id=${hash}`, 'external_transaction_id=BANK-1']) {
      const { status, body } = await wallet.ask(`/sep24/transaction?${query}`);
      expect([status, (body['transaction'] as Json)['id']]).toEqual([200, id]);
    }
    expect((await wallet.ask('/sep24/transaction')).status).toBe(400);
  });

  it('names where a deposit goes at once, and where it came from when that is known (S24-F23, S24-F24, S24-F25)', async () => {
    const wallet = walletOf(anchor, ALICE);
    const { id } = await wallet.begin('deposit', { memo: 'for Ada', memo_type: 'text' });
    const before = await wallet.find(id);
    expect(before).toMatchObject({ to: ALICE, deposit_memo: 'for Ada', deposit_memo_type: 'text' });
    expect(before).not.toHaveProperty('from');
    await change(id, { from_address: 'Ada Lovelace', claimable_balance_id: '00'.repeat(36) });
    expect(await wallet.find(id)).toMatchObject({
      from: 'Ada Lovelace',
      claimable_balance_id: '00'.repeat(36),
    });
  });

  it('names the claimable balance of a deposit, and none where there is none (S24-F26)', async () => {
    const wallet = walletOf(anchor);
    const { id } = await wallet.begin('deposit');
    expect((await wallet.find(id))['claimable_balance_id'] ?? null).toBeNull();
    await change(id, { claimable_balance_id: '00'.repeat(36) });
    expect(await wallet.find(id)).toMatchObject({ claimable_balance_id: '00'.repeat(36) });
  });

  it('names where a withdrawal comes from at once, and masks where it goes (S24-F27, S24-F28, S24-61)', async () => {
    const wallet = walletOf(anchor, MUXED);
    const { id } = await wallet.begin('withdraw');
    expect((await wallet.find(id))['from']).toBe(MUXED);
    await change(id, { to_address: 'DE02120300000000202051' });
    const { to } = await wallet.find(id);
    expect(to).toMatch(/^\*+2051$/);
  });

  it('tells words, the bank’s number and whether the customer is known (S24-F07, S24-F08, S24-F20)', async () => {
    const wallet = walletOf(anchor);
    const { id } = await wallet.begin('deposit');
    expect((await wallet.find(id))['kyc_verified']).toBe(false);
    await change(id, { message: 'We look at it.', kyc_verified: 1, external_transaction_id: 'BANK-9' });
    expect(await wallet.find(id)).toMatchObject({
      message: 'We look at it.',
      kyc_verified: true,
      external_transaction_id: 'BANK-9',
    });
  });

  it('has no status_eta where nobody promises a time, and no refunds where there are none (S24-F06, S24-F22)', async () => {
    const wallet = walletOf(anchor);
    const { id } = await wallet.begin('deposit');
    const seen = await wallet.find(id);
    expect(keys(seen)).not.toContain('status_eta');
    expect(keys(seen)).not.toContain('refunds');
    expect(seen['refunded']).toBe(false);
  });

  it('says until when the user has to act, only while the user has to (S24-57)', async () => {
    const wallet = walletOf(anchor);
    const { id } = await wallet.begin('deposit');
    await anchor.submit(id, 1_000_000_000n);
    await change(id, { user_action_required_by: '2026-02-03T12:00:00.000Z' });
    expect((await wallet.find(id))['user_action_required_by']).toBe('2026-02-03T12:00:00.000Z');
    await anchor.advance(id, 'pending_external');
    expect(await wallet.find(id)).not.toHaveProperty('user_action_required_by');
  });

  it('has the amount that came and the amount that goes, less the fee of ours alone (S24-56)', async () => {
    const wallet = walletOf(anchor);
    const { id } = await wallet.begin('deposit');
    const row = await anchor.submit(id, 1_000_000_000n);
    const seen = await wallet.find(id);
    const [amountIn, fee, out] = ['amount_in', 'amount_fee', 'amount_out'].map((name) => Number(seen[name]));
    expect(amountIn).toBe(100);
    expect((fee ?? 0) + (out ?? 0)).toBeCloseTo(100, 7);
    expect(row.amount_out_units).not.toBeNull();
  });

  it('answers in JSON, faults too (SC-07, SC-30, SC-32)', async () => {
    const wallet = walletOf(anchor);
    for (const path of ['/sep24/info', '/sep24/transaction?id=x', '/sep24/transactions', '/sep24/nothing']) {
      const { headers, text } = await wallet.ask(path);
      expect(headers.get('content-type')).toMatch(/^application\/json/);
      if (path !== '/sep24/info') expect(typeof (JSON.parse(text) as Json)['error']).toBe('string');
    }
  });

  it('says in two ways that a login is missing (SC-13)', async () => {
    const answer = await anchor.request('/sep24/transactions?asset_code=SRT');
    expect(answer.status).toBe(403);
    const body = (await answer.json()) as Json;
    expect(body['type']).toBe('authentication_required');
    expect(typeof body['error']).toBe('string');
  });

  it('leaves the CORS header off the pages of the interactive flow (S1-06)', async () => {
    const { url } = await walletOf(anchor).begin('deposit');
    const page = await anchor.request(url);
    expect(page.headers.get('access-control-allow-origin')).toBeNull();
  });
});
