import { beforeAll, describe, expect, it } from 'vitest';
import { judgeMoney } from '../../../src/transfers/index.ts';
import { ALICE, BOB, MUXED, SHARED, useTestAnchor } from '../../support/anchor.ts';
import { DATABASES } from '../../support/databases.ts';
import { walletOf as sep24Wallet } from '../sep24/client.ts';
import { type Params, walletOf } from './client.ts';

const SEPS = [1, 6, 10, 24] as const;

for (const { kind: database, available } of DATABASES) {
  describe.skipIf(!available)(`SEP-6 GET /transactions on ${database}`, () => {
    const anchor = useTestAnchor({ database, project: { seps: SEPS }, assets: [{ code: 'EURX' }] });
    const ids: string[] = [];
    let hosted = '';

    beforeAll(async () => {
      const wallet = walletOf(anchor);
      for (const [kind, more, later] of [
        ['deposit', {}, 1000],
        ['withdraw', {}, 0],
        ['deposit', { asset_code: 'EURX' }, 1000],
        ['withdraw', {}, 0],
        ['deposit', {}, 1000],
      ] as const) {
        ids.push((await wallet[kind](more)).body['id'] as string);
        anchor.clock.advance(later);
      }
      await anchor.ctx.db.read
        .updateTable('transactions')
        .set({ exchange: 1 })
        .where('id', '=', ids[4] as string)
        .execute();
      hosted = (await sep24Wallet(anchor).begin('deposit')).id;
    });
    const listed = async (params: Params) => (await walletOf(anchor).list(params)).map((item) => item['id']);

    it('lists the newest first, of this SEP and asset only (S6-27, S6-F14)', async () => {
      const all = await walletOf(anchor).list();
      expect(all.map(({ id }) => id).sort()).toEqual([ids[0], ids[1], ids[3], ids[4]].sort());
      const times = all.map((item) => item['started_at'] as string);
      expect(times).toEqual([...times].sort().reverse());
      expect(await listed({ asset_code: 'EURX' })).toEqual([ids[2]]);
      expect(await walletOf(anchor, BOB).list()).toEqual([]);
    });

    it('filters by one kind, or several in either form (S6-27, S6-28)', async () => {
      const of = async (query: string) =>
        (
          (await walletOf(anchor).ask(`/sep6/transactions?asset_code=SRT&${query}`)).body['transactions'] as {
            id: string;
            kind: string;
          }[]
        ).map(({ id, kind }) => [id, kind]);
      expect(await of('kind=deposit')).toEqual([[ids[0], 'deposit']]);
      expect(await of('kind=deposit-exchange')).toEqual([[ids[4], 'deposit-exchange']]);
      expect((await of('kind=withdrawal')).map(([id]) => id).sort()).toEqual([ids[1], ids[3]].sort());
      expect(await of('kind=withdrawal-exchange')).toEqual([]);
      const both = await of('kind=deposit&kind=deposit-exchange');
      expect(both.map(([id]) => id)).toEqual([ids[4], ids[0]]);
      expect(await of('kind=deposit,deposit-exchange')).toEqual(both);
    });

    it('pages without repeats or gaps, and takes its own times back (S6-27)', async () => {
      const all = await listed({});
      const seen: unknown[] = [];
      for (let page = await listed({ limit: '1' }); page.length > 0; ) {
        seen.push(...page);
        page = await listed({ limit: '1', paging_id: page[0] as string });
      }
      expect(seen).toEqual(all);
      const at = (await anchor.row(ids[3] as string)).started_at;
      expect(await listed({ no_older_than: at })).toContain(ids[3]);
      expect(await listed({ no_older_than: '9999-12-31T23:59:59Z' })).toEqual([]);
    });

    it('takes the account of the login only, in each of its forms (S6-27)', async () => {
      expect(await listed({ account: ALICE })).toHaveLength(4);
      const muxed = walletOf(anchor, MUXED);
      for (const account of [MUXED, SHARED])
        expect((await muxed.get('transactions', { asset_code: 'SRT', account })).status).toBe(200);
      expect((await walletOf(anchor).get('transactions', { asset_code: 'SRT', account: BOB })).status).toBe(
        400,
      );
    });

    it.each([
      '',
      'asset_code=',
      'asset_code=NOPE',
      'asset_code=srt',
      'asset_code=native',
      'asset_code=SRT&asset_code=EURX',
      'asset_code=SRT&kind=send',
      'asset_code=SRT&kind=',
      'asset_code=SRT&kind=deposit,',
      'asset_code=SRT&limit=0',
      'asset_code=SRT&limit=-1',
      'asset_code=SRT&limit=1.5',
      'asset_code=SRT&limit=1e9',
      'asset_code=SRT&no_older_than=yesterday',
      'asset_code=SRT&no_older_than=2026-02-31T00:00:00Z',
      'asset_code=SRT&paging_id=x',
      'asset_code=SRT&paging_id=00000000-0000-4000-8000-000000000000',
      'asset_code=SRT&account=x',
      'asset_code=SRT&account=%00',
      'asset_code=SRT&__proto__=1',
    ])('refuses ?%s (S6-27)', async (query) => {
      const answer = await walletOf(anchor).ask(`/sep6/transactions?${query}`);
      expect([answer.status, typeof answer.body['error']]).toEqual([400, 'string']);
    });

    it('refuses a paging_id that is foreign or of another SEP (S6-27)', async () => {
      const status = async (subject: string, paging_id: string) =>
        (await walletOf(anchor, subject).get('transactions', { asset_code: 'SRT', paging_id })).status;
      expect(await status(BOB, ids[0] as string)).toBe(400);
      expect(await status(ALICE, hosted)).toBe(400);
    });

    it('keeps the users of a shared account apart (S6-27, S6-29, SC-16, SC-18)', async () => {
      const subjects = [SHARED, `${SHARED}:77`, `${SHARED}:78`, `${SHARED}:18446744073709551615`];
      const made = new Map<string, string>();
      for (const subject of subjects)
        made.set(subject, (await walletOf(anchor, subject).deposit()).body['id'] as string);
      for (const subject of [...subjects, MUXED]) {
        const own = subject === MUXED ? `${SHARED}:77` : subject;
        const wallet = walletOf(anchor, subject);
        expect((await wallet.list()).map(({ id }) => id)).toEqual([made.get(own)]);
        for (const [maker, id] of made)
          expect((await wallet.get('transaction', { id })).status).toBe(maker === own ? 200 : 404);
      }
    });

    it('answers the same 404 for absent, foreign and impossible ids, here and in PATCH (S6-29, S6-38, SC-21)', async () => {
      const hash = 'cd'.repeat(32);
      await anchor.ctx.db.read
        .updateTable('transactions')
        .set({ stellar_transaction_id: hash, external_transaction_id: "o'neill" })
        .where('id', '=', ids[0] as string)
        .execute();
      const [alice, bob] = [walletOf(anchor), walletOf(anchor, BOB)];
      for (const key of [
        { id: ids[0] },
        { stellar_transaction_id: hash.toUpperCase() },
        { external_transaction_id: "o'neill" },
      ])
        expect((await alice.get('transaction', key)).body['transaction']).toMatchObject({ id: ids[0] });
      const keys: Params[] = [
        { id: ids[0] },
        { stellar_transaction_id: hash },
        { external_transaction_id: "o'neill" },
        { id: '00000000-0000-4000-8000-000000000000' },
        { id: hosted },
        { id: 'x' },
        { id: '\0' },
        { id: '9'.repeat(10_000) },
        { external_transaction_id: "' OR 1=1 --" },
        { stellar_transaction_id: '../..' },
      ];
      const answers = await Promise.all(keys.map((key) => bob.get('transaction', key)));
      answers.push(await alice.get('transaction', { id: hosted }));
      const body = { transaction: { x: 'y' } };
      for (const id of [ids[0] ?? '', hosted, 'x', '00000000-0000-4000-8000-000000000000', '%00'])
        answers.push(await bob.patch(id, body));
      for (const answer of answers) expect([answer.status, answer.text]).toEqual([404, answers[0]?.text]);
      for (const key of [{}, { id: '' }]) expect((await alice.get('transaction', key)).status).toBe(400);
    });
  });
}

describe('money for a SEP-6 transaction', () => {
  const policy = {
    tolerance_percent_units: 100_000_000n,
    wrong_amount: 'end' as const,
    accept_late: 1 as const,
    deposit_min_units: 10n,
    deposit_max_units: 1000n,
    withdrawal_min_units: null,
    withdrawal_max_units: null,
  };
  const row = (more: object = {}) => ({
    sep: '6' as const,
    kind: 'deposit' as const,
    status: 'pending_user_transfer_start',
    received_units: 0n,
    amount_expected_units: null as bigint | null,
    ...more,
  });

  it('may be ten percent off what was announced (S6-20)', () => {
    const announced = row({ amount_expected_units: 100n });
    const is = (units: bigint) => judgeMoney(announced, policy, units);
    for (const units of [90n, 100n, 110n]) expect(is(units)).toEqual({ is: 'due' });
    expect(is(89n)).toEqual({ is: 'wrong_amount', status: 'too_small' });
    expect(is(111n)).toEqual({ is: 'wrong_amount', status: 'too_large' });
  });

  it('may be any amount within the limits where none was announced, and comes once (S6-P08, S6-39)', () => {
    for (const units of [10n, 1000n]) expect(judgeMoney(row(), policy, units)).toEqual({ is: 'due' });
    expect(judgeMoney(row(), policy, 9n)).toEqual({ is: 'wrong_amount', status: 'too_small' });
    expect(judgeMoney(row(), policy, 1001n)).toEqual({ is: 'wrong_amount', status: 'too_large' });
    expect(judgeMoney(row({ kind: 'withdrawal' }), policy, 1n)).toEqual({ is: 'due' });
    const kept = { ...policy, wrong_amount: 'wait' as const };
    expect(judgeMoney(row(), kept, 9n)).toEqual({ is: 'suspense', reason: 'too_small' });
    expect(judgeMoney(row({ received_units: 5n }), policy, 10n)).toMatchObject({ reason: 'duplicate' });
    expect(judgeMoney(row({ status: 'expired' }), policy, 10n)).toMatchObject({ reason: 'expired' });
    for (const status of ['incomplete', 'pending_customer_info_update', 'pending_transaction_info_update'])
      expect(judgeMoney(row({ status }), policy, 10n)).toMatchObject({ reason: 'not_awaited' });
  });

  it('is in time when it was paid before the quote expired (S6-24)', () => {
    const quoted = row({ amount_expected_units: 100n, quote_expires_at: '2026-01-31T12:00:00.000Z' });
    expect(judgeMoney(quoted, policy, 100n, '2026-01-31T11:59:59.000Z')).toEqual({ is: 'due' });
    expect(judgeMoney(quoted, policy, 100n, '2026-01-31T12:00:00.000Z')).toEqual({ is: 'late' });
  });
});

describe('SEP-6 transaction object', () => {
  const anchor = useTestAnchor({
    project: { seps: SEPS },
    assets: [{ code: 'USDX', anchored_asset: 'iso4217:USD' }],
  });
  const wallet = () => walletOf(anchor);

  it('tells amounts, assets and fee of a deposit that is completed (S6-30, S6-F13, S6-F15, S6-F19, S6-F27)', async () => {
    const { body } = await wallet().deposit({ asset_code: 'USDX', amount: '100' });
    const id = body['id'] as string;
    await anchor.advance(id, 'pending_anchor', 'pending_stellar', 'completed');
    const found = await wallet().find(id);
    expect(found).toMatchObject({
      id,
      kind: 'deposit',
      status: 'completed',
      to: ALICE,
      from: 'Ada Lovelace',
      amount_in: '100',
      amount_in_asset: 'iso4217:USD',
      amount_out: '98.9',
      amount_fee: '1.1',
      amount_fee_asset: 'iso4217:USD',
      fee_details: { total: '1.1', asset: 'iso4217:USD', details: expect.any(Array) },
      stellar_transaction_id: 'ab'.repeat(32),
      refunded: false,
    });
    expect(found['completed_at']).toBe(found['updated_at']);
    for (const name of ['user_action_required_by', 'refunds', 'required_info_updates'])
      expect(found).not.toHaveProperty(name);
    expect(JSON.stringify(found)).not.toContain('null');
  });

  it('keeps instructions to the statuses that may have them (S6-33, S6-F32)', async () => {
    const { body } = await wallet().deposit({ amount: '100' });
    const id = body['id'] as string;
    const shown = async (status: string) => {
      await anchor.ctx.db.read.updateTable('transactions').set({ status }).where('id', '=', id).execute();
      return 'instructions' in (await wallet().find(id));
    };
    for (const status of ['incomplete', 'pending_anchor', 'pending_customer_info_update'])
      expect([status, await shown(status)]).toEqual([status, false]);
    for (const status of ['pending_user_transfer_start', 'pending_external', 'pending_stellar'])
      expect([status, await shown(status)]).toEqual([status, true]);
  });

  it('prints every status under its own name (S6-34)', async () => {
    const { body } = await wallet().deposit({ amount: '100' });
    const id = body['id'] as string;
    const set = (status: string) =>
      anchor.ctx.db.read.updateTable('transactions').set({ status }).where('id', '=', id).execute();
    for (const status of [
      'on_hold',
      'pending_trust',
      'pending_user',
      'too_small',
      'no_market',
      'expired',
      'error',
    ]) {
      await set(status);
      expect((await wallet().find(id))['status']).toBe(status);
    }
  });

  it('lists refunds that were paid, with the masked account of a withdrawal (S6-35, S6-F22, S6-F23, S6-F28, S6-F29)', async () => {
    const { body } = await wallet().withdraw({ amount: '100' });
    const id = body['id'] as string;
    const all = 1_000_000_000n;
    await anchor.ctx.db.read
      .updateTable('transactions')
      .set({
        status: 'refunded',
        received_units: all,
        refunded_units: all,
        to_address: 'DE02120300000000202051',
      })
      .where('id', '=', id)
      .execute();
    const at = '2026-01-31T12:00:00.000Z';
    await anchor.ctx.db.read
      .insertInto('obligations')
      .values({
        id: 'refund-1',
        transaction_id: id,
        leg: 'stellar',
        purpose: 'refund',
        asset_id: 'asset-SRT-',
        amount_units: all,
        destination: ALICE,
        state: 'paid',
        paid_by: 'ef'.repeat(32),
        created_at: at,
        updated_at: at,
      })
      .execute();
    expect(await wallet().find(id)).toMatchObject({
      from: ALICE,
      to: '************2051',
      refunded: true,
      refunds: {
        amount_refunded: '100',
        amount_fee: '0',
        payments: [{ id: 'ef'.repeat(32), id_type: 'stellar', amount: '100', fee: '0' }],
      },
    });
  });

  it('shows a claimable balance, and a page that opens without a login (S6-F16, S6-F33)', async () => {
    const { body } = await wallet().deposit({ claimable_balance_supported: 'true', amount: '100' });
    const id = body['id'] as string;
    await anchor.ctx.db.read
      .updateTable('transactions')
      .set({ claimable_balance_id: '00'.repeat(36) })
      .where('id', '=', id)
      .execute();
    const found = await wallet().find(id);
    expect(found['claimable_balance_id']).toBe('00'.repeat(36));
    const page = await anchor.request(found['more_info_url'] as string);
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(await page.text()).toContain((await anchor.row(id)).reference);
  });

  it('writes a callback for each change of status (S6-40)', async () => {
    const { body } = await wallet().deposit({
      on_change_callback: 'https://wallet.example/x',
      amount: '100',
    });
    const id = body['id'] as string;
    await anchor.advance(id, 'pending_anchor', 'pending_stellar', 'completed');
    const told = await anchor.ctx.db.read
      .selectFrom('outbox')
      .select(['status', 'url'])
      .where('transaction_id', '=', id)
      .orderBy('id')
      .execute();
    expect(told.map(({ status }) => status)).toEqual([
      'pending_user_transfer_start',
      'pending_anchor',
      'pending_stellar',
      'completed',
    ]);
    expect(new Set(told.map(({ url }) => url))).toEqual(new Set(['https://wallet.example/x']));
  });
});
