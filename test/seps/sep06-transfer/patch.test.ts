import { describe, expect, it } from 'vitest';
import type { Integrations } from '../../../src/config/integrations.ts';
import { askInfo, readFields } from '../../../src/transfers/index.ts';
import { BOB, type TestAnchor, useTestAnchor } from '../../support/anchor.ts';
import { walletOf } from './client.ts';

const integrations: Integrations = {
  sep6: {
    update: ({ fields }) => (fields['dest'] === 'bad' ? { errors: { dest: 'No such account.' } } : undefined),
  },
};

const REQUEST = {
  fields: {
    dest: { description: 'Your account' },
    bank: { description: 'Your bank', choices: ['A', 'B'], optional: true },
  },
  message: 'The bank does not know that account.',
  by: 'operator:test',
};

async function funded(anchor: TestAnchor): Promise<string> {
  const id = (await walletOf(anchor).withdraw({ amount: '100' })).body['id'] as string;
  await anchor.advance(id, 'pending_anchor');
  const all = 1_000_000_000n;
  const set = { received_units: all, fee_units: 11_000_000n, paid_units: all - 11_000_000n };
  await anchor.ctx.db.read.updateTable('transactions').set(set).where('id', '=', id).execute();
  return id;
}

const owe = async (
  anchor: TestAnchor,
  id: string,
  state: 'owed' | 'unknown' | 'held' | 'accepted',
  held_for?: string,
) => {
  const at = '2026-01-31T12:00:00.000Z';
  await anchor.ctx.db.read
    .insertInto('obligations')
    .values({
      id: `deliver-${id}`,
      transaction_id: id,
      leg: 'rails',
      purpose: 'deliver',
      asset_id: 'asset-SRT-',
      amount_units: 989_000_000n,
      state,
      held_for: held_for ?? null,
      created_at: at,
      updated_at: at,
    })
    .execute();
};

describe('SEP-6 PATCH /transactions/:id', () => {
  const anchor = useTestAnchor({ project: { seps: [1, 6, 10] }, integrations });
  const wallet = walletOf(anchor);

  it('asks, takes the answer, and goes on (S6-37, S6-38, S6-F30, S6-F31)', async () => {
    const id = await funded(anchor);
    await owe(anchor, id, 'owed');
    await askInfo(anchor.ctx, await anchor.row(id), REQUEST);
    const asked = await wallet.find(id);
    expect(asked).toMatchObject({
      status: 'pending_transaction_info_update',
      required_info_message: REQUEST.message,
      required_info_updates: { transaction: REQUEST.fields },
      user_action_required_by: expect.any(String),
    });
    const answer = await wallet.patch(id, { transaction: { dest: '777', bank: 'B' } });
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(answer.body['transaction']).toMatchObject({ id, status: 'pending_anchor' });
    expect(answer.body['transaction']).not.toHaveProperty('required_info_updates');
    const row = await anchor.row(id);
    expect(readFields(anchor.ctx, row)).toMatchObject({ dest: '777', bank_account_number: '777', bank: 'B' });
    expect([row.required_info_updates, row.required_info_message]).toEqual([null, null]);
    // nothing is asked any more
    expect((await wallet.patch(id, { transaction: { dest: '778' } })).status).toBe(400);
  });

  it('before the money: goes back to waiting for it (S6-38, S6-39)', async () => {
    const id = (await wallet.withdraw({ amount: '100' })).body['id'] as string;
    const { memo } = await anchor.row(id);
    await askInfo(anchor.ctx, await anchor.row(id), REQUEST);
    const answer = await wallet.patch(id, { transaction: { dest: '777' } });
    expect(answer.body['transaction']).toMatchObject({ status: 'pending_anchor' });
    expect(await anchor.row(id)).toMatchObject({ status: 'pending_user_transfer_start', memo });
  });

  it('a payout that the bank rejected is ordered anew under another key (S6-37, S6-38)', async () => {
    const id = await funded(anchor);
    await owe(anchor, id, 'held', 'rejected');
    await askInfo(anchor.ctx, await anchor.row(id), REQUEST);
    expect((await wallet.patch(id, { transaction: { dest: '777' } })).status).toBe(200);
    const owed = await anchor.ctx.db.read
      .selectFrom('obligations')
      .select(['id', 'state', 'amount_units', 'ordinal'])
      .where('transaction_id', '=', id)
      .orderBy('ordinal')
      .execute();
    expect(owed.map(({ state, ordinal }) => [state, Number(ordinal)])).toEqual([
      ['cancelled', 0],
      ['owed', 1],
    ]);
    expect(new Set(owed.map((row) => row.id)).size).toBe(2);
  });

  it.each(['unknown', 'accepted'] as const)('asks nothing while a payout is %s (S6-37)', async (state) => {
    const id = await funded(anchor);
    await owe(anchor, id, state);
    await expect(askInfo(anchor.ctx, await anchor.row(id), REQUEST)).rejects.toMatchObject({
      code: 'ASK_TOO_LATE',
    });
    expect((await anchor.row(id)).status).toBe('pending_anchor');
  });

  it('refuses what was not asked for, and changes nothing (S6-38)', async () => {
    const id = await funded(anchor);
    const early = await wallet.patch(id, { transaction: { dest: '1' } });
    expect([early.status, typeof early.body['error']]).toEqual([400, 'string']);
    await askInfo(anchor.ctx, await anchor.row(id), REQUEST);
    const before = await anchor.row(id);
    for (const body of [
      '',
      '{',
      '[]',
      'null',
      '"x"',
      '{}',
      { transaction: null },
      { transaction: [] },
      { transaction: 'x' },
      { transaction: {} },
      { dest: '777' },
      { transaction: { dest: '' } },
      { transaction: { bank: 'A' } },
      { transaction: { dest: '777', bank: 'C' } },
      { transaction: { dest: '777', amount: '1' } },
      { transaction: { dest: ['777'] } },
      { transaction: { dest: { a: 1 } } },
      { transaction: { dest: 'a\0b' } },
      { transaction: { dest: 'x'.repeat(1001) } },
      '{"transaction":{"__proto__":"x"}}',
      '{"transaction":{"constructor":"x"}}',
      { transaction: { dest: 'bad' } },
    ]) {
      const answer = await wallet.patch(id, body);
      expect([JSON.stringify(body).slice(0, 80), answer.status]).toEqual([
        JSON.stringify(body).slice(0, 80),
        400,
      ]);
      expect(typeof answer.body['error']).toBe('string');
    }
    const form = await wallet.ask(`/sep6/transactions/${id}`, {
      method: 'PATCH',
      body: 'transaction=x',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(form.status).toBe(415);
    expect((await wallet.patch(id, `{"transaction":{"dest":"${'x'.repeat(60_000)}"}}`)).status).toBe(413);
    expect(await anchor.row(id)).toEqual(before);
  });

  it("needs the owner's token (S6-38, S6-02)", async () => {
    const id = await funded(anchor);
    await askInfo(anchor.ctx, await anchor.row(id), REQUEST);
    const body = { transaction: { dest: '777' } };
    expect((await walletOf(anchor, BOB).patch(id, body)).status).toBe(404);
    const none = await anchor.request(`/sep6/transactions/${id}`, { method: 'PATCH', body: 'not even read' });
    expect(none.status).toBe(403);
    expect((await anchor.row(id)).status).toBe('pending_transaction_info_update');
  });
});
