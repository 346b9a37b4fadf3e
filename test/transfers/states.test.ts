import { describe, expect, it } from 'vitest';
import { canMove, MOVES, reachable, STATUSES, TERMINAL } from '../../src/transfers/index.ts';

const KINDS = ['deposit', 'withdrawal'] as const;

describe('the state table', () => {
  it.each(KINDS)('%s: reaches a terminal status from everywhere, without a dead end', (kind) => {
    for (const from of reachable(kind)) {
      const seen = new Set<string>([from]);
      for (const at of seen) for (const next of MOVES[kind][at as typeof from]) seen.add(next);
      expect(
        [...seen].some((status) => TERMINAL.has(status)),
        from,
      ).toBe(true);
      if (!TERMINAL.has(from)) expect(MOVES[kind][from].length, from).toBeGreaterThan(0);
    }
  });

  it.each(KINDS)('%s: leaves no terminal status (S24-65)', (kind) => {
    for (const status of TERMINAL) {
      // money that comes late revives or refunds what has expired, and nothing else does: see moves.test.ts
      const moves = status === 'expired' ? ['pending_anchor'] : [];
      expect(MOVES[kind][status as 'completed']).toEqual(moves);
    }
    expect(MOVES[kind].too_small).toContain('refunded');
  });

  it('declares nothing for statuses that a kind does not have (S24-64)', () => {
    expect(reachable('deposit').has('pending_user_transfer_complete')).toBe(false);
    expect(reachable('withdrawal').has('pending_trust')).toBe(false);
    expect(reachable('withdrawal').has('pending_stellar')).toBe(false);
    for (const kind of KINDS) {
      for (const status of STATUSES) {
        if (!reachable(kind).has(status)) expect(MOVES[kind][status], `${kind} ${status}`).toEqual([]);
      }
    }
  });

  it.each([
    ['deposit', 'incomplete', 'pending_anchor'],
    ['deposit', 'pending_anchor', 'incomplete'],
    ['deposit', 'incomplete', 'pending_user_transfer_start'],
    ['deposit', 'pending_anchor', 'pending_user_transfer_start'],
    ['deposit', 'pending_user_transfer_start', 'pending_external'],
    ['deposit', 'pending_user_transfer_start', 'pending_anchor'],
    ['deposit', 'pending_external', 'pending_anchor'],
    ['deposit', 'pending_external', 'too_small'],
    ['deposit', 'pending_external', 'too_large'],
    ['deposit', 'pending_anchor', 'on_hold'],
    ['deposit', 'on_hold', 'pending_anchor'],
    ['deposit', 'pending_anchor', 'pending_user'],
    ['deposit', 'pending_user', 'pending_anchor'],
    ['deposit', 'pending_anchor', 'pending_trust'],
    ['deposit', 'pending_trust', 'pending_anchor'],
    ['deposit', 'pending_anchor', 'pending_stellar'],
    ['deposit', 'pending_stellar', 'completed'],
    ['deposit', 'pending_anchor', 'completed'],
    ['deposit', 'pending_user_transfer_start', 'expired'],
    ['deposit', 'incomplete', 'expired'],
    ['deposit', 'pending_anchor', 'refunded'],
    ['deposit', 'pending_anchor', 'no_market'],
    ['withdrawal', 'pending_user_transfer_start', 'pending_anchor'],
    ['withdrawal', 'pending_user_transfer_start', 'pending_user_transfer_complete'],
    ['withdrawal', 'pending_anchor', 'pending_user_transfer_complete'],
    ['withdrawal', 'pending_user_transfer_complete', 'completed'],
    ['withdrawal', 'pending_anchor', 'pending_external'],
    ['withdrawal', 'pending_external', 'completed'],
    ['withdrawal', 'pending_user_transfer_start', 'expired'],
    ['withdrawal', 'pending_user_transfer_start', 'refunded'],
  ] as const)('%s: %s -> %s (S24-M01..M19)', (kind, from, to) => {
    expect(canMove(kind, from, to)).toBe(true);
  });

  it.each(
    KINDS.flatMap((kind) =>
      (
        [
          ['incomplete', 'pending_customer_info_update'],
          ['pending_user_transfer_start', 'pending_customer_info_update'],
          ['pending_anchor', 'pending_customer_info_update'],
          ['pending_customer_info_update', 'pending_anchor'],
          ['pending_customer_info_update', 'pending_user_transfer_start'],
          ['pending_customer_info_update', 'expired'],
          ['pending_anchor', 'pending_transaction_info_update'],
          ['pending_user_transfer_start', 'pending_transaction_info_update'],
          ['pending_transaction_info_update', 'pending_anchor'],
          ['pending_transaction_info_update', 'refunded'],
        ] as const
      ).map((edge) => [kind, ...edge] as const),
    ),
  )('%s: %s -> %s (S6-34, S6-36, S6-38, S31-M04, S31-M05)', (kind, from, to) => {
    expect(canMove(kind, from, to)).toBe(true);
  });

  it.each([
    ['deposit', 'incomplete', 'completed'],
    ['deposit', 'pending_user_transfer_start', 'completed'],
    ['deposit', 'completed', 'error'],
    ['deposit', 'expired', 'completed'],
    ['withdrawal', 'expired', 'pending_external'],
    ['deposit', 'pending_stellar', 'refunded'],
    ['withdrawal', 'pending_user_transfer_start', 'completed'],
    ['withdrawal', 'pending_anchor', 'completed'],
    ['withdrawal', 'refunded', 'completed'],
    ['deposit', 'nonsense', 'completed'],
    ['deposit', 'pending_customer_info_update', 'completed'],
    ['withdrawal', 'pending_customer_info_update', 'pending_external'],
    ['withdrawal', 'pending_transaction_info_update', 'pending_external'],
    ['withdrawal', 'pending_external', 'pending_transaction_info_update'],
    ['deposit', 'pending_trust', 'pending_customer_info_update'],
  ] as const)('%s: never %s -> %s', (kind, from, to) => {
    expect(canMove(kind, from, to)).toBe(false);
  });
});
