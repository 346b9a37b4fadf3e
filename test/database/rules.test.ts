import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { isCheckViolation, isUniqueViolation } from '../../src/database/index.ts';
import { describeDatabases } from '../support/databases.ts';
import {
  at,
  insertSamples,
  sampleAsset,
  sampleEnvelope,
  sampleObligation,
  sampleSlot,
  sampleTransaction,
} from './samples.ts';

async function faultOf(work: Promise<unknown>): Promise<'check' | 'unique' | 'other' | 'none'> {
  try {
    await work;
    return 'none';
  } catch (error) {
    if (isCheckViolation(error)) return 'check';
    return isUniqueViolation(error) ? 'unique' : 'other';
  }
}

describeDatabases('rules of the schema', (test) => {
  const totals = (received: bigint, refunded: bigint, paid: bigint, fee: bigint) => ({
    received_units: received,
    refunded_units: refunded,
    paid_units: paid,
    fee_units: fee,
  });

  it('let no transaction pay, refund and keep more than it received', async () => {
    const { transactionId } = await insertSamples(test.db, totals(100n, 0n, 0n, 0n));
    const set = (changes: ReturnType<typeof totals>) =>
      faultOf(
        test.db.read.updateTable('transactions').set(changes).where('id', '=', transactionId).execute(),
      );
    expect(await set(totals(100n, 10n, 80n, 10n))).toBe('none');
    expect(await set(totals(100n, 11n, 80n, 10n))).toBe('check');
    expect(await set(totals(100n, -5n, 80n, 10n))).toBe('check');
    expect(await set(totals(99n, 10n, 80n, 10n))).toBe('check');
  });

  it('know every status, and no other', async () => {
    const asset = sampleAsset();
    await test.db.read.insertInto('assets').values(asset).execute();
    const insert = (status: string) =>
      faultOf(
        test.db.read.insertInto('transactions').values(sampleTransaction(asset.id, { status })).execute(),
      );
    expect(await insert('pending_customer_info_update')).toBe('none');
    expect(await insert('on_hold')).toBe('none');
    expect(await insert('done')).toBe('check');
  });

  it('refuse flags other than 0 and 1, negative limits, a minimum above the maximum', async () => {
    const insert = (changes: Parameters<typeof sampleAsset>[0]) =>
      faultOf(test.db.read.insertInto('assets').values(sampleAsset(changes)).execute());
    expect(await insert({ sep24_enabled: 2 as 1 })).toBe('check');
    expect(await insert({ deposit_min_units: -1n })).toBe('check');
    expect(await insert({ deposit_min_units: 2n, deposit_max_units: 1n })).toBe('check');
    expect(await insert({ withdrawal_fee_percent_units: 1_000_000_001n })).toBe('check');
    expect(await insert({ significant_decimals: 8 })).toBe('check');
    expect(await insert({ code: 'native', issuer: 'G' })).toBe('check');
    expect(await insert({ deposit_min_units: 1n, deposit_max_units: 1n })).toBe('none');
  });

  it('give a reference once, and a memo to one open withdrawal of an account', async () => {
    const { assetId } = await insertSamples(test.db, { reference: 'taken' });
    const insert = (changes: Parameters<typeof sampleTransaction>[1]) =>
      faultOf(test.db.read.insertInto('transactions').values(sampleTransaction(assetId, changes)).execute());
    expect(await insert({ reference: 'taken' })).toBe('unique');
    const withdrawal = { kind: 'withdrawal', anchor_account: 'GA', memo: '7', memo_type: 'id' } as const;
    expect(await insert({ ...withdrawal, status: 'completed' })).toBe('none');
    expect(await insert({ ...withdrawal, status: 'pending_user_transfer_start' })).toBe('none');
    expect(await insert({ ...withdrawal, status: 'pending_user_transfer_start' })).toBe('unique');
    expect(await insert({ ...withdrawal, status: 'pending_user_transfer_start', anchor_account: 'GB' })).toBe(
      'none',
    );
    expect(await insert({ memo: '7' })).toBe('check');
  });

  it('take an obligation once, and never for nothing', async () => {
    const { assetId, transactionId } = await insertSamples(test.db);
    const insert = (changes: Parameters<typeof sampleObligation>[2]) =>
      faultOf(
        test.db.read
          .insertInto('obligations')
          .values(sampleObligation(transactionId, assetId, changes))
          .execute(),
      );
    expect(await insert({})).toBe('none');
    expect(await insert({})).toBe('unique');
    expect(await insert({ ordinal: 1 })).toBe('none');
    expect(await insert({ leg: 'rails', destination: null })).toBe('none');
    expect(await insert({ ordinal: 2, amount_units: 0n })).toBe('check');
    expect(await insert({ ordinal: 2, destination: null })).toBe('check');
    expect(await insert({ ordinal: 2, state: 'bound' })).toBe('check');
    expect(await insert({ ordinal: 2, state: 'waiting' })).toBe('check');
    const foreign = sampleObligation('absent', assetId);
    expect(await faultOf(test.db.read.insertInto('obligations').values(foreign).execute())).toBe('other');
  });

  it('have one slot for a source account and sequence number, and its end is final', async () => {
    const slot = sampleSlot();
    await test.db.read.insertInto('slots').values(slot).execute();
    const twin = sampleSlot({ sequence: slot.sequence });
    expect(await faultOf(test.db.read.insertInto('slots').values(twin).execute())).toBe('unique');
    const end = (state: 'open' | 'dead' | 'consumed', evidence: string | null) =>
      faultOf(test.db.read.updateTable('slots').set({ state, evidence }).where('id', '=', slot.id).execute());
    expect(await end('dead', null)).toBe('check');
    expect(await end('dead', '{}')).toBe('none');
    // its sequence number is still the account's next one
    expect(await end('open', '{}')).toBe('none');
    expect(await end('consumed', '{}')).toBe('none');
    expect(await end('open', '{}')).toBe('check');
    expect(await end('dead', '{}')).toBe('check');
  });

  it('keep an obligation in a slot whose envelopes may still apply', async () => {
    const { assetId, transactionId } = await insertSamples(test.db);
    const slots = [sampleSlot(), sampleSlot()] as const;
    const obligation = sampleObligation(transactionId, assetId);
    await test.db.read
      .insertInto('slots')
      .values([...slots])
      .execute();
    await test.db.read.insertInto('obligations').values(obligation).execute();
    const bind = (slotId: string | null) =>
      faultOf(
        test.db.read
          .updateTable('obligations')
          .set({ slot_id: slotId, state: slotId === null ? 'owed' : 'bound' })
          .where('id', '=', obligation.id)
          .execute(),
      );
    expect(await bind(slots[0].id)).toBe('none');
    expect(await bind(null)).toBe('none');
    expect(await bind(slots[0].id)).toBe('none');
    await test.db.read.insertInto('envelopes').values(sampleEnvelope(slots[0])).execute();
    expect(await bind(slots[1].id)).toBe('check');
    expect(await bind(null)).toBe('check');
    await test.db.read
      .updateTable('slots')
      .set({ state: 'dead', evidence: '{}' })
      .where('id', '=', slots[0].id)
      .execute();
    expect(await bind(slots[1].id)).toBe('none');
    expect(await bind(slots[0].id)).toBe('check');
  });

  it('let an envelope pay only what its slot carries, and never change', async () => {
    const { assetId, transactionId } = await insertSamples(test.db);
    const slots = [sampleSlot(), sampleSlot()] as const;
    await test.db.read
      .insertInto('slots')
      .values([...slots])
      .execute();
    const carried = sampleObligation(transactionId, assetId, { slot_id: slots[0].id, state: 'bound' });
    const strange = sampleObligation(transactionId, assetId, { ordinal: 1 });
    for (const row of [carried, strange]) await test.db.read.insertInto('obligations').values(row).execute();
    const envelope = sampleEnvelope(slots[0]);
    await test.db.read.insertInto('envelopes').values(envelope).execute();
    const list = (obligationId: string, index: number) =>
      faultOf(
        test.db.read
          .insertInto('envelope_obligations')
          .values({ envelope_hash: envelope.hash, operation_index: index, obligation_id: obligationId })
          .execute(),
      );
    expect(await list(carried.id, 0)).toBe('none');
    expect(await list(carried.id, 1)).toBe('unique');
    expect(await list(strange.id, 1)).toBe('check');
    const change = (changes: { xdr?: string; state?: 'submitted'; sequence?: bigint }) =>
      faultOf(test.db.read.updateTable('envelopes').set(changes).where('hash', '=', envelope.hash).execute());
    expect(await change({ xdr: 'BBBB' })).toBe('check');
    expect(await change({ sequence: 1n })).not.toBe('none');
    expect(await change({ state: 'submitted' })).toBe('none');
    const other = sampleEnvelope(slots[0], { sequence: slots[1].sequence });
    expect(await faultOf(test.db.read.insertInto('envelopes').values(other).execute())).toBe('other');
    await test.db.read
      .insertInto('envelopes')
      .values(sampleEnvelope(slots[0], { slot_id: null }))
      .execute();
  });

  it('never lose what was owed, signed, received or decided', async () => {
    const { transactionId, assetId } = await insertSamples(test.db);
    await test.db.read.insertInto('obligations').values(sampleObligation(transactionId, assetId)).execute();
    for (const table of ['transactions', 'obligations', 'envelopes', 'slots'] as const) {
      await test.db.read.insertInto('slots').values(sampleSlot()).execute();
      await test.db.read
        .insertInto('envelopes')
        .values(sampleEnvelope(sampleSlot(), { slot_id: null }))
        .execute();
      expect(await faultOf(sql`delete from ${sql.table(table)}`.execute(test.db.read))).toBe('check');
    }
  });

  it('take a bank credit and an incoming operation once', async () => {
    const credit = {
      id: 'bank-1',
      amount_units: 5n,
      bucket: 'suspense',
      credited_at: at,
      created_at: at,
    } as const;
    await test.db.read.insertInto('bank_credits').values(credit).execute();
    expect(await faultOf(test.db.read.insertInto('bank_credits').values(credit).execute())).toBe('unique');
    const matched = { ...credit, id: 'bank-2', bucket: 'matched' } as const;
    expect(await faultOf(test.db.read.insertInto('bank_credits').values(matched).execute())).toBe('check');
    const payment = {
      operation_id: '123',
      account: 'G',
      transaction_hash: 'h',
      from_account: 'G',
      asset: 'native',
      amount_units: 1n,
      type: 'payment',
      ledger: 4_294_967_295,
      bucket: 'suspense',
      paid_at: at,
      created_at: at,
    } as const;
    await test.db.read.insertInto('incoming_payments').values(payment).execute();
    expect(await faultOf(test.db.read.insertInto('incoming_payments').values(payment).execute())).toBe(
      'unique',
    );
    const row = await test.db.read.selectFrom('incoming_payments').select('ledger').executeTakeFirst();
    expect(row?.ledger).toBe(4_294_967_295);
  });
});
