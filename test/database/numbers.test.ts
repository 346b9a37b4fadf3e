import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { describeDatabases } from '../support/databases.ts';
import { at, insertSamples, sampleAsset } from './samples.ts';

const LARGEST = 2n ** 63n - 1n;

describeDatabases('numbers', (test) => {
  it('keeps 2^63-1 and memo 2^64-1 exactly', async () => {
    const { transactionId } = await insertSamples(test.db, {
      memo: '18446744073709551615',
      memo_type: 'id',
      received_units: LARGEST,
      amount_in_units: LARGEST,
    });
    const row = await test.db.read
      .selectFrom('transactions')
      .selectAll()
      .where('id', '=', transactionId)
      .where('received_units', '=', LARGEST)
      .executeTakeFirstOrThrow();
    expect(row.received_units).toBe(LARGEST);
    expect(row.amount_in_units).toBe(LARGEST);
    expect(row.amount_out_units).toBeNull();
    expect(row.memo).toBe('18446744073709551615');
    expect(BigInt(row.memo ?? '')).toBe(2n ** 64n - 1n);
  });

  it('keeps a sequence number of 2^63-1', async () => {
    await test.db.read
      .insertInto('slots')
      .values({
        id: 's',
        source_account: 'G',
        sequence: LARGEST,
        state: 'open',
        created_at: at,
        updated_at: at,
      })
      .execute();
    const row = await test.db.read.selectFrom('slots').selectAll().where('id', '=', 's').executeTakeFirst();
    expect(row?.sequence).toBe(LARGEST);
  });

  it('refuses an amount above 2^63-1 and keeps nothing of it', async () => {
    const asset = sampleAsset({ deposit_max_units: LARGEST + 1n });
    await expect(test.db.read.insertInto('assets').values(asset).execute()).rejects.toThrow();
    const rows = await test.db.read.selectFrom('assets').select('id').where('id', '=', asset.id).execute();
    expect(rows).toEqual([]);
  });

  it('answers counts, ids and flags as numbers, and sums of amounts as bigint', async () => {
    const first = await insertSamples(test.db, { received_units: 4_000_000_000_000_000_000n });
    await test.db.read
      .insertInto('transaction_history')
      .values({
        transaction_id: first.transactionId,
        at,
        to_status: 'incomplete',
        by_whom: 'wallet',
        reason: '',
      })
      .execute();
    const history = await test.db.read
      .selectFrom('transaction_history')
      .selectAll()
      .executeTakeFirstOrThrow();
    expect(typeof history.id).toBe('number');
    const row = await test.db.read
      .selectFrom('transactions')
      .select(({ fn }) => [fn.countAll().as('count'), fn.sum('received_units').as('total_units')])
      .select('kyc_verified')
      .where('id', '=', first.transactionId)
      .groupBy('kyc_verified')
      .executeTakeFirstOrThrow();
    expect(row).toEqual({ count: 1, total_units: 4_000_000_000_000_000_000n, kyc_verified: 0 });
  });

  it('never answers money as a fraction', async () => {
    const half = sql`select 0.5 as half_units`.execute(test.db.read);
    await expect(half).rejects.toMatchObject({ code: 'DATABASE_NUMBER_INEXACT' });
  });

  it('refuses to write a fraction, NaN or an inexact number', async () => {
    for (const value of [0.5, Number.NaN, 2 ** 53]) {
      const write = test.db.read
        .updateTable('assets')
        .set({ deposit_max_units: value as unknown as bigint })
        .execute();
      await expect(write).rejects.toMatchObject({ code: 'DATABASE_NUMBER_INEXACT' });
    }
  });

  it('refuses a text in a column of numbers', async () => {
    const asset = sampleAsset({ deposit_max_units: 'much' as unknown as bigint });
    await expect(test.db.read.insertInto('assets').values(asset).execute()).rejects.toThrow();
  });

  it('refuses the NUL character as bad input', async () => {
    const query = test.db.read.selectFrom('transactions').select('id').where('id', '=', 'a\0b').execute();
    await expect(query).rejects.toMatchObject({ code: 'TEXT_INVALID', httpStatus: 400 });
  });

  it('sorts times, and all texts, byte by byte', async () => {
    const times = [
      '2025-12-31T23:59:59.999Z',
      '2026-01-01T00:00:00.000Z',
      '2026-01-01T00:00:00.001Z',
      '2026-01-01T10:00:00.000Z',
      '2026-10-01T00:00:00.000Z',
    ];
    const texts = [...times, 'A', 'Z', 'a', 'z', 'ä', '€', '😀'];
    const shuffled = texts.toSorted(
      (a, b) => ((a.length * 7 + a.charCodeAt(0)) % 5) - ((b.length * 7 + b.charCodeAt(0)) % 5),
    );
    for (const name of shuffled) {
      await test.db.read.insertInto('cursors').values({ name, cursor: '', updated_at: at }).execute();
    }
    const rows = await test.db.read.selectFrom('cursors').select('name').orderBy('name').execute();
    expect(rows.map(({ name }) => name)).toEqual(texts);
    const later = await test.db.read
      .selectFrom('cursors')
      .select('name')
      .where('name', '>', times[1] as string)
      .where('name', '<', '3')
      .orderBy('name')
      .execute();
    expect(later.map(({ name }) => name)).toEqual(times.slice(2));
  });

  it('has a clock in milliseconds', async () => {
    const first = await test.db.nowMs();
    const second = await test.db.nowMs();
    expect(typeof first).toBe('bigint');
    expect(second >= first).toBe(true);
  });
});
