import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classify, matchKey, type Ours } from '../../src/ingest/classify.ts';
import type { Delivery } from '../../src/stellar/incoming.ts';
import type { TransactionRow } from '../../src/transfers/index.ts';

const US = 'GAYXN5SQZ4TVV7DXUAOUUQQFOEBV7I3OKAOW2TXYW32DBBW3K43YYOT3';
const USER = 'GA7JFA6EGUUKTDZ4PAPOEJUWFNVHKI267WW6BU5N7AKEHMDKNHQWLF2B';
const SRT = 'SRT:GAOPQBZPADGVMDLH75HT3V7MAILCVMCJP5IVXLRULDAOFY3RCSJDHZST';
const OURS: Ours = { accounts: new Set([US]), hashes: new Set(['aa']), since: '2025-12-31' };

const delivery = (more: Partial<Delivery> = {}): Delivery => ({
  operationId: '1',
  pagingToken: '1',
  type: 'payment',
  account: US,
  from: USER,
  sender: USER,
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

const terms = () => () => ({
  key: SRT,
  policy: { tolerance_percent_units: 100_000_000n, wrong_amount: 'wait', accept_late: 0 } as const,
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
    [delivery({ from: SRT.slice(4), memo: null }), 'issued'],
    [delivery({ type: 'create_account', asset: 'native' }), 'the account was created'],
    [delivery({ memo: null, createdAt: '2025-12-30' }), 'before this anchor kept the account'],
  ])('knows what is internal %#', (one, reason) => {
    const named = one.memo === null ? [] : [row()];
    expect(classify(one, named, OURS, terms())).toEqual({ bucket: 'internal', reason });
  });

  it('takes a balance that our own account has claimed for what it is: money of an unknown sender', () => {
    const claimed = delivery({ type: 'claim_claimable_balance', from: US });
    expect(classify(claimed, [row()], OURS, terms())).toEqual({
      bucket: 'suspense',
      reason: 'unsupported_operation',
      transactionId: null,
    });
  });

  it("counts an issuer's payment as issued only where it names no withdrawal", () => {
    const issued = delivery({ from: SRT.slice(4) });
    expect(classify(issued, [], OURS, terms())).toEqual({ bucket: 'internal', reason: 'issued' });
    expect(classify(issued, [row()], OURS, terms())).toMatchObject({ bucket: 'matched' });
  });

  it('agrees with a brute-force oracle: exactly one bucket, matched only where all is exact (M3, R9, S24-70)', () => {
    fc.assert(
      fc.property(situation, (one) => {
        expect(decided(one)).toEqual(oracle(one));
      }),
      { numRuns: 2_000 },
    );
  });
});

/** A payment and the withdrawals that anybody has begun, keyed and unkeyed. */
const STATUSES = [
  'incomplete',
  'pending_user_transfer_start',
  'pending_external',
  'pending_anchor',
  'completed',
  'expired',
  'too_small',
  'refunded',
  'error',
];
const memo = fc.constantFrom(
  null,
  { type: 'id' as const, value: '7' },
  { type: 'id' as const, value: '8' },
  { type: 'text' as const, value: '7' },
  { type: 'hash' as const, value: '7'.padStart(64, '0') },
  { type: 'return' as const, value: '7'.padStart(64, '0') },
);
const withdrawal = fc.record({
  status: fc.constantFrom(...STATUSES),
  paid: fc.boolean(),
  expected: fc.option(fc.bigInt({ min: 1n, max: 150n }), { nil: null }),
});
const situation = fc.record({
  rows: fc.array(withdrawal, { maxLength: 3 }),
  type: fc.constantFrom(
    'payment',
    'path_payment_strict_send',
    'path_payment_strict_receive',
    'invoke_host_function',
    'account_merge',
    'claim_claimable_balance',
    'create_account',
  ),
  asset: fc.constantFrom(SRT, SRT, SRT, `SRT:${USER}`, 'native'),
  from: fc.constantFrom(USER, USER, USER, US, SRT.slice(4)),
  hash: fc.constantFrom('bb', 'bb', 'bb', 'aa'),
  self: fc.constantFrom(false, false, false, true),
  memo,
  muxedId: fc.constantFrom(null, null, '7', '8'),
  amount: fc.bigInt({ min: 1n, max: 300n }),
  tolerance: fc.constantFrom(0n, 50_000_000n, 100_000_000n, 1_000_000_000n),
  wrong: fc.constantFrom('wait' as const, 'end' as const),
  late: fc.constantFrom(0 as const, 1 as const),
});
type Situation = typeof situation extends fc.Arbitrary<infer T> ? T : never;

/** Withdrawals carry memo id 7: the database hands over those that the payment names. */
function decided(one: Situation): string {
  const key = matchKey(one);
  const named = key !== null && key !== 'both' && key.type === 'id' && key.value === '7';
  const rows = named ? one.rows.map(rowOf) : [];
  const { asset, from, type, amount, self, muxedId } = one;
  const paid = delivery({
    asset,
    from,
    type,
    amount,
    self,
    muxedId,
    memo: one.memo,
    transactionHash: one.hash,
  });
  const policy = {
    tolerance_percent_units: one.tolerance,
    wrong_amount: one.wrong,
    accept_late: one.late,
  };
  const answer = classify(paid, rows, OURS, () => ({ key: SRT, policy }));
  if (answer.bucket === 'internal') return 'internal';
  return answer.bucket === 'suspense'
    ? `suspense ${answer.reason} ${answer.transactionId}`
    : `matched ${answer.as} ${answer.row.id}`;
}

const rowOf = (one: Situation['rows'][number], i: number): TransactionRow =>
  row({
    id: `w${i}`,
    status: one.status,
    received_units: one.paid ? 1n : 0n,
    amount_expected_units: one.expected,
    started_at: `2026-01-0${i + 1}`,
  });

/** The same rules once more, written as a list of cases in the words of the SEP and of the asset's policy. */
function oracle(one: Situation): string {
  const seven = (type: string, value: string): boolean => type === 'id' && value === '7';
  const byMemo = one.memo !== null && seven(one.memo.type, one.memo.value);
  const contradicts =
    one.muxedId !== null && one.memo !== null && !(one.memo.type === 'id' && one.memo.value === one.muxedId);
  const named = !contradicts && (one.muxedId === '7' || (one.muxedId === null && byMemo));
  const rows = named ? one.rows : [];
  if (one.self || one.hash === 'aa') return 'internal';
  const claim = one.type === 'claim_claimable_balance';
  const minted = one.asset.endsWith(one.from) && rows.length === 0;
  if (!claim && (one.from === US || minted || one.type === 'create_account')) return 'internal';
  if (claim || one.type === 'account_merge') return 'suspense unsupported_operation null';
  if (contradicts) return 'suspense memo_and_muxed null';
  if (one.muxedId === null && (one.memo === null || one.memo.type === 'return'))
    return 'suspense no_memo null';
  const open = (at: number): boolean => {
    const { status, paid } = rows[at] ?? { status: '', paid: true };
    return !paid && (status === 'pending_user_transfer_start' || status === 'pending_external');
  };
  const waiting = rows.map((_, at) => at).filter(open);
  if (rows.length === 0 || waiting.length > 1) return 'suspense unknown_memo null';
  const at = waiting[0] ?? rows.length - 1;
  const { status, paid, expected } = rows[at] as Situation['rows'][number];
  if (one.asset !== SRT) return `suspense wrong_asset w${at}`;
  if (paid) return `suspense duplicate w${at}`;
  const late = status === 'expired';
  if (late && one.late === 0) return `suspense expired w${at}`;
  if (!late && !open(at)) return `suspense not_awaited w${at}`;
  // nothing was announced, and the asset has no limits here: whatever comes is due
  if (expected === null) return late ? `suspense expired w${at}` : `matched due w${at}`;
  const off = Number(one.amount - expected) / Number(expected);
  const near = Math.abs(off) <= Number(one.tolerance) / 1e9 + 1e-12;
  if (near) return `matched ${late ? 'late' : 'due'} w${at}`;
  if (late) return `suspense expired w${at}`;
  const size = off > 0 ? 'too_large' : 'too_small';
  return one.wrong === 'end' ? `matched ${size} w${at}` : `suspense ${size} w${at}`;
}
