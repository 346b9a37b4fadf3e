import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classify, matchKey, type Ours } from '../../src/ingest/classify.ts';
import type { Delivery } from '../../src/stellar/incoming.ts';
import type { TransactionRow } from '../../src/transfers/index.ts';

const US = 'GAYXN5SQZ4TVV7DXUAOUUQQFOEBV7I3OKAOW2TXYW32DBBW3K43YYOT3';
const USER = 'GA7JFA6EGUUKTDZ4PAPOEJUWFNVHKI267WW6BU5N7AKEHMDKNHQWLF2B';
const SRT = 'SRT:GAOPQBZPADGVMDLH75HT3V7MAILCVMCJP5IVXLRULDAOFY3RCSJDHZST';
const OURS: Ours = { accounts: new Set([US]), hashes: new Set(['aa']) };

const delivery = (more: Partial<Delivery> = {}): Delivery => ({
  operationId: '1',
  pagingToken: '1',
  type: 'payment',
  account: US,
  from: USER,
  asset: SRT,
  amount: 100n,
  memo: { type: 'id', value: '7' },
  muxedId: null,
  transactionHash: 'bb',
  ledger: 3,
  createdAt: '2026-01-01T00:00:00.000Z',
  self: false,
  ...more,
});

const row = (more: Partial<TransactionRow> = {}): TransactionRow =>
  ({
    id: 'w',
    status: 'pending_user_transfer_start',
    received_units: 0n,
    amount_expected_units: 100n,
    memo: '7',
    memo_type: 'id',
    started_at: '2026-01-01',
    ...more,
  }) as TransactionRow;

describe('matching of payments', () => {
  it.each([
    [{ memo: { type: 'id' as const, value: '7' } }, { type: 'id', value: '7' }],
    [{ memo: { type: 'text' as const, value: '7' } }, { type: 'text', value: '7' }],
    [
      { memo: null, muxedId: '7' },
      { type: 'id', value: '7' },
    ],
    [
      { memo: { type: 'id' as const, value: '7' }, muxedId: '7' },
      { type: 'id', value: '7' },
    ],
    [{ memo: { type: 'id' as const, value: '8' }, muxedId: '7' }, 'both'],
    [{ memo: { type: 'text' as const, value: '7' }, muxedId: '7' }, 'both'],
    [{ memo: null }, null],
    [{ memo: { type: 'text' as const, value: '' } }, null],
    [{ memo: { type: 'return' as const, value: 'ab' } }, null],
  ])('by muxed id or memo with its type, never by two that differ (R9) %#', (more, key) => {
    expect(matchKey({ muxedId: null, ...more })).toEqual(key);
  });

  it.each([
    [delivery({ self: true }), 'paid to itself'],
    [delivery({ transactionHash: 'aa' }), 'our own transaction'],
    [delivery({ from: US }), 'between our own accounts'],
    [delivery({ from: SRT.slice(4) }), 'issued'],
    [delivery({ type: 'create_account', asset: 'native' }), 'the account was created'],
  ])('knows what is internal %#', (one, reason) => {
    expect(classify(one, [row()], OURS, () => SRT)).toEqual({ bucket: 'internal', reason });
  });

  it('agrees with a brute-force oracle: exactly one bucket, matched only where all is exact (M3)', () => {
    const status = fc.constantFrom(
      'pending_user_transfer_start',
      'pending_anchor',
      'completed',
      'expired',
      'incomplete',
    );
    const made = fc.record({ status, paid: fc.boolean(), expected: fc.bigInt({ min: 50n, max: 150n }) });
    const type = fc.constantFrom(
      'payment',
      'path_payment_strict_send',
      'path_payment_strict_receive',
      'account_merge',
      'claim_claimable_balance',
    );
    fc.assert(
      fc.property(
        fc.array(made, { maxLength: 3 }),
        type,
        fc.boolean(),
        fc.bigInt({ min: 1n, max: 300n }),
        (made, type, right, amount) => {
          const rows = made.map((one, i) =>
            row({
              id: `w${i}`,
              status: one.status,
              received_units: one.paid ? 1n : 0n,
              amount_expected_units: one.expected,
            }),
          );
          const decided = classify(delivery({ type, amount }), rows, OURS, () => (right ? SRT : 'native'));
          const open = rows.filter(
            (one) => one.status === 'pending_user_transfer_start' && one.received_units === 0n,
          );
          const expected = open[0]?.amount_expected_units ?? 0n;
          const near = 10n * amount >= 9n * expected && 10n * amount <= 11n * expected;
          const matches = type.includes('payment') && right && open.length === 1 && near;
          expect(decided.bucket).toBe(matches ? 'matched' : 'suspense');
          if (decided.bucket === 'matched') expect(decided.row.id).toBe(open[0]?.id);
        },
      ),
    );
  });
});
