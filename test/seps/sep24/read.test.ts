import { beforeAll, describe, expect, it } from 'vitest';
import { insertAsset } from '../../../src/database/repositories/assets.ts';
import { ALICE, asset, BOB, ISSUER, MUXED, SHARED, useTestAnchor } from '../../support/anchor.ts';
import { DATABASES } from '../../support/databases.ts';
import { walletOf } from './client.ts';

const OTHER_ISSUER = BOB;

for (const { kind: database, available } of DATABASES) {
  describe.skipIf(!available)(`SEP-24 GET /transactions on ${database}`, () => {
    const anchor = useTestAnchor({ database });
    const ids: string[] = [];

    beforeAll(async () => {
      await insertAsset(anchor.ctx.db.read, asset({ code: 'EURX' }));
      await insertAsset(
        anchor.ctx.db.read,
        asset({ issuer: OTHER_ISSUER, created_at: '2026-01-02T00:00:00.000Z' }),
      );
      const wallet = walletOf(anchor);
      // Two of them at the same instant.
      for (const [kind, more, later] of [
        ['deposit', {}, 1000],
        ['withdraw', {}, 0],
        ['deposit', { asset_issuer: OTHER_ISSUER }, 1500],
        ['deposit', { asset_code: 'EURX' }, 1000],
        ['withdraw', {}, 0],
      ] as const) {
        ids.push((await wallet.begin(kind, more)).id);
        anchor.clock.advance(later);
      }
    });
    const started = async (id: string) => (await anchor.row(id)).started_at;
    const listed = async (query: string) => (await walletOf(anchor).list(query)).map((item) => item['id']);

    it('lists the newest first, of one asset code (S24-45, S24-F05)', async () => {
      const all = await walletOf(anchor).list('asset_code=SRT');
      expect(all.map(({ id }) => id).sort()).toEqual([ids[0], ids[1], ids[2], ids[4]].sort());
      const times = all.map((item) => item['started_at'] as string);
      expect(times).toEqual([...times].sort().reverse());
      expect(times.every((time) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(time))).toBe(true);
      expect(await listed('asset_code=EURX')).toEqual([ids[3]]);
    });

    it('filters by kind (S24-49)', async () => {
      expect(await listed('asset_code=SRT&kind=withdrawal')).toEqual([ids[4], ids[1]]);
      expect(await listed('asset_code=EURX&kind=withdrawal')).toEqual([]);
    });

    it('takes its own started_at back as no_older_than, inclusive, in any zone (S24-47)', async () => {
      const at = await started(ids[2] as string);
      const want = await listed(`asset_code=SRT&no_older_than=${at}`);
      expect(want).toContain(ids[2]);
      expect(want).not.toContain(ids[0]);
      const shifted = `${new Date(Date.parse(at) + 7_200_000).toISOString().replace('Z', '')}+02:00`;
      expect(await listed(`asset_code=SRT&no_older_than=${shifted}`)).toEqual(want);
      expect(await listed(`asset_code=SRT&no_older_than=${encodeURIComponent(shifted)}`)).toEqual(want);
      expect(await listed('asset_code=SRT&no_older_than=9999-12-31T23:59:59Z')).toEqual([]);
      expect(await listed('asset_code=SRT&no_older_than=2026-01-01')).toHaveLength(4);
    });

    it('pages with limit and paging_id without repeats or gaps (S24-46, S24-48)', async () => {
      const all = await listed('asset_code=SRT');
      const seen: unknown[] = [];
      let query = 'asset_code=SRT&limit=1';
      for (let page = await listed(query); page.length > 0; page = await listed(query)) {
        expect(page).toHaveLength(1);
        seen.push(...page);
        query = `asset_code=SRT&limit=1&paging_id=${page[0]}`;
      }
      expect(seen).toEqual(all);
      expect(await listed('asset_code=SRT&limit=999999')).toHaveLength(4);
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
      'asset_code=SRT&limit=0',
      'asset_code=SRT&limit=-1',
      'asset_code=SRT&limit=1.5',
      'asset_code=SRT&limit=abc',
      'asset_code=SRT&limit=1e9',
      'asset_code=SRT&no_older_than=yesterday',
      'asset_code=SRT&no_older_than=1700000000',
      'asset_code=SRT&no_older_than=2026-02-31T00:00:00Z',
      'asset_code=SRT&paging_id=x',
      'asset_code=SRT&paging_id=00000000-0000-4000-8000-000000000000',
      'asset_code=SRT&__proto__=1',
    ])('refuses ?%s (S24-44, S24-46, S24-47, S24-48, S24-49)', async (query) => {
      const answer = await walletOf(anchor).ask(`/sep24/transactions?${query}`);
      expect([answer.status, typeof answer.body['error']]).toEqual([400, 'string']);
    });

    it('refuses the paging_id of somebody else, and shows a stranger nothing (S24-48, S24-50)', async () => {
      const bob = walletOf(anchor, BOB);
      expect(await bob.list('asset_code=SRT')).toEqual([]);
      expect((await bob.ask(`/sep24/transactions?asset_code=SRT&paging_id=${ids[0]}`)).status).toBe(400);
      expect((await anchor.request('/sep24/transactions?asset_code=SRT')).status).toBe(403);
    });

    it('keeps the users of a shared account apart, and takes M and G with memo for the same (S24-54, S24-78, SC-16, SC-18)', async () => {
      const subjects = [SHARED, `${SHARED}:77`, `${SHARED}:78`, `${SHARED}:18446744073709551615`];
      const made = new Map<string, string>();
      for (const subject of subjects)
        made.set(subject, (await walletOf(anchor, subject).begin('deposit')).id);
      for (const subject of [...subjects, MUXED]) {
        const own = subject === MUXED ? `${SHARED}:77` : subject;
        const wallet = walletOf(anchor, subject);
        expect((await wallet.list('asset_code=SRT')).map(({ id }) => id)).toEqual([made.get(own)]);
        for (const [maker, id] of made) {
          const answer = await wallet.ask(`/sep24/transaction?id=${id}`);
          expect(answer.status).toBe(maker === own ? 200 : 404);
        }
      }
    });

    it('answers the same 404 for absent, foreign and impossible ids (S24-53, SC-21)', async () => {
      const hash = 'cd'.repeat(32);
      await anchor.ctx.db.read
        .updateTable('transactions')
        .set({ stellar_transaction_id: hash, external_transaction_id: "o'neill" })
        .where('id', '=', ids[0] as string)
        .execute();
      const [alice, bob] = [walletOf(anchor), walletOf(anchor, BOB)];
      for (const query of [
        `id=${ids[0]}`,
        `stellar_transaction_id=${hash.toUpperCase()}`,
        "external_transaction_id=o'neill",
      ]) {
        expect((await alice.ask(`/sep24/transaction?${query}`)).body['transaction']).toMatchObject({
          id: ids[0],
        });
      }
      const answers = await Promise.all(
        [
          `id=${ids[0]}`,
          `stellar_transaction_id=${hash}`,
          "external_transaction_id=o'neill",
          'id=00000000-0000-4000-8000-000000000000',
          'id=x',
          'id=%00',
          `id=${'9'.repeat(10_000)}`,
          'id=__proto__',
          "external_transaction_id=' OR 1=1 --",
          'external_transaction_id=%00',
          'stellar_transaction_id=../..',
        ].map((query) => bob.ask(`/sep24/transaction?${query}`)),
      );
      for (const answer of answers) expect([answer.status, answer.text]).toEqual([404, answers[0]?.text]);
      expect(
        (await alice.ask(`/sep24/transaction?id=${ids[0]}&stellar_transaction_id=${'00'.repeat(32)}`)).status,
      ).toBe(404);
      expect((await alice.ask('/sep24/transaction')).status).toBe(400);
      expect((await alice.ask('/sep24/transaction?id=')).status).toBe(400);
      expect((await anchor.request(`/sep24/transaction?id=${ids[0]}`)).status).toBe(403);
    });
  });
}

describe('SEP-24 transaction object', () => {
  const anchor = useTestAnchor({ assets: [{ code: 'USDX', anchored_asset: 'iso4217:USD' }] });
  const wallet = () => walletOf(anchor);
  const set = (id: string, columns: Record<string, unknown>) =>
    anchor.ctx.db.read.updateTable('transactions').set(columns).where('id', '=', id).execute();

  it('tells amounts, assets and fee once the user has submitted (S24-F11, S24-F15, S24-F16, S24-59, S24-60)', async () => {
    const { id } = await wallet().begin('deposit', { asset_code: 'USDX' });
    await anchor.submit(id, 1_000_000_000n);
    const items = [
      { name: 'Fixed fee', amount: '1' },
      { name: 'Percentage fee', amount: '0.1' },
    ];
    expect(await wallet().find(id)).toMatchObject({
      status: 'pending_user_transfer_start',
      amount_in: '100',
      amount_in_asset: 'iso4217:USD',
      amount_out: '98.9',
      amount_out_asset: `stellar:USDX:${ISSUER}`,
      amount_fee: '1.1',
      amount_fee_asset: 'iso4217:USD',
      fee_details: { total: '1.1', asset: 'iso4217:USD', breakdown: items, details: items },
      user_action_required_by: '2026-02-03T12:00:00.000Z',
    });
  });

  it('gives a withdrawal its account and memo when it is ready, null before (S24-F29, S24-F30, S24-55)', async () => {
    const { id } = await wallet().begin('withdraw', { asset_code: 'USDX' });
    expect(await wallet().find(id)).toMatchObject({
      from: ALICE,
      withdraw_anchor_account: null,
      withdraw_memo: null,
      withdraw_memo_type: null,
    });
    await anchor.submit(id, 500_000_000n);
    const found = await wallet().find(id);
    expect(found).toMatchObject({
      withdraw_memo_type: 'id',
      amount_in_asset: `stellar:USDX:${ISSUER}`,
      amount_out_asset: 'iso4217:USD',
    });
    expect(found['withdraw_memo']).toMatch(/^\d+$/);
    await set(id, { to_address: 'DE02120300000000202051' });
    expect((await wallet().find(id))['to']).toBe('************2051');
  });

  it('has hash, times and no open action when completed (S24-F10, S24-F18, S24-F19, S24-F09)', async () => {
    const { id } = await wallet().begin('deposit');
    await anchor.submit(id, 1_000_000_000n);
    await anchor.advance(id, 'pending_anchor', 'pending_stellar', 'completed');
    const found = await wallet().find(id);
    expect(found).toMatchObject({
      status: 'completed',
      stellar_transaction_id: 'ab'.repeat(32),
      refunded: false,
    });
    expect(found['completed_at']).toBe(found['updated_at']);
    expect(found).not.toHaveProperty('user_action_required_by');
    expect(found).not.toHaveProperty('refunds');
  });

  it('lists refunds that were paid, and no others (S24-62, S24-63, S24-F21)', async () => {
    const { id } = await wallet().begin('withdraw');
    await anchor.submit(id, 1_000_000_000n);
    await set(id, { status: 'refunded', received_units: 1_000_000_000n, refunded_units: 1_000_000_000n });
    const at = '2026-01-31T12:00:00.000Z';
    const refund = (ordinal: number, amount_units: bigint, state: 'paid' | 'owed') => ({
      id: `refund-${ordinal}`,
      transaction_id: id,
      leg: 'stellar' as const,
      purpose: 'refund' as const,
      ordinal,
      asset_id: 'asset-SRT-',
      amount_units,
      destination: ALICE,
      state,
      paid_by: state === 'paid' ? 'ef'.repeat(32) : null,
      created_at: at,
      updated_at: at,
    });
    await anchor.ctx.db.read
      .insertInto('obligations')
      .values([refund(1, 400_000_000n, 'paid'), refund(2, 600_000_000n, 'owed')])
      .execute();
    const found = await wallet().find(id);
    expect(found['refunded']).toBe(true);
    expect(found['refunds']).toEqual({
      amount_refunded: '40',
      amount_fee: '0',
      payments: [{ id: 'ef'.repeat(32), id_type: 'stellar', amount: '40', fee: '0' }],
    });
  });

  it('has a more_info_url that opens without a login, for a time (S24-42, S24-F04)', async () => {
    const { id } = await wallet().begin('deposit', { first_name: 'Ada' });
    const url = (await wallet().find(id))['more_info_url'] as string;
    expect(url).toBe((await wallet().find(id))['more_info_url']);
    const page = await anchor.request(url);
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    expect(await page.text()).not.toContain('Ada');
    const token = new URL(url).searchParams.get('token') ?? '';
    const others = (await wallet().begin('deposit')).id;
    for (const bad of [
      url.replace(id, others),
      url.replace(token, ''),
      `${url}x`,
      url.replace(token, anchor.token(ALICE)),
    ]) {
      expect((await anchor.request(bad)).status).toBe(403);
    }
    anchor.clock.advance(40 * 86_400_000);
    expect((await anchor.request(url)).status).toBe(403);
  });
});
