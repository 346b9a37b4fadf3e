import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeMoney, quoteBinds } from '../../src/transfers/index.ts';

const policy = { tolerance_percent_units: 100_000_000n, wrong_amount: 'wait', accept_late: 0 } as const;
const late = { ...policy, accept_late: 1 } as const;
const EXPIRES = '2026-01-31T12:00:00.000Z';
const row = {
  kind: 'withdrawal',
  status: 'pending_user_transfer_start',
  received_units: 0n,
  amount_expected_units: 1_000n,
  quote_expires_at: EXPIRES,
  asked_at: '2026-01-31T11:00:00.000Z',
} as const;

describe('money for a firm quote', () => {
  it.each([
    ['2026-01-31T11:59:59.999Z', true],
    // as Horizon writes it, without milliseconds
    ['2026-01-31T11:59:59Z', true],
    ['2026-01-31T12:00:00Z', false],
    ['2026-01-31T12:00:00.000Z', false],
    ['2026-01-31T13:00:00+01:00', false],
  ])('paid at %s: bound %s (S24-26, S6-24, S31-16)', (paidAt, binds) => {
    expect(quoteBinds(row, paidAt)).toBe(binds);
    const verdict = judgeMoney(row, policy, 1_000n, paidAt);
    expect(verdict).toEqual(binds ? { is: 'due' } : { is: 'suspense', reason: 'expired' });
  });

  it('is due in time whatever the status says, if it was ever asked for (S24-26, S24-65)', () => {
    const expired = { ...row, status: 'expired' };
    expect(judgeMoney(expired, policy, 1_000n, '2026-01-31T11:30:00Z')).toEqual({ is: 'due' });
    expect(judgeMoney({ ...expired, asked_at: null }, policy, 1_000n, '2026-01-31T11:30:00Z')).toEqual({
      is: 'suspense',
      reason: 'expired',
    });
  });

  it('is late after it, and goes by the policy of the asset (S24-65)', () => {
    for (const status of ['pending_user_transfer_start', 'pending_external', 'expired']) {
      const one = { ...row, status };
      expect(judgeMoney(one, policy, 1_000n, EXPIRES)).toEqual({ is: 'suspense', reason: 'expired' });
      expect(judgeMoney(one, late, 1_000n, EXPIRES)).toEqual({ is: 'late' });
      expect(judgeMoney(one, late, 2_000n, EXPIRES)).toEqual({ is: 'suspense', reason: 'expired' });
    }
  });

  it('changes nothing for transactions without a quote, nor for those that wait for nothing', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('incomplete', 'pending_user_transfer_start', 'expired', 'completed', 'on_hold'),
        fc.bigInt({ min: 0n, max: 1n }),
        fc.bigInt({ min: 800n, max: 1_200n }),
        fc.constantFrom(policy, late),
        (status, received_units, arrived, terms) => {
          const plain = { ...row, status, received_units, quote_expires_at: null };
          const judged = judgeMoney(plain, terms, arrived, '2026-01-31T11:00:00Z');
          expect(judged).toEqual(judgeMoney(plain, terms, arrived));
          if (received_units > 0n || status === 'incomplete' || status === 'completed') {
            const quoted = { ...plain, quote_expires_at: EXPIRES };
            expect(judgeMoney(quoted, terms, arrived, '2026-01-31T11:00:00Z')).toEqual(judged);
          }
        },
      ),
    );
  });
});
