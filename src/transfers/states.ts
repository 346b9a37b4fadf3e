import type { Kind } from './rows.ts';

/**
 * Every status of SEP-24 and SEP-6 that we use (S24 "Statuses and moves", S6-34). SEP-31 has words of its own for some of them, which
 * its view prints: `pending_sender` is pending_user_transfer_start, `pending_receiver` is pending_anchor and on_hold (S31-22).
 */
export const STATUSES = [
  'incomplete',
  'pending_user_transfer_start',
  'pending_user_transfer_complete',
  'pending_external',
  'pending_anchor',
  'on_hold',
  'pending_stellar',
  'pending_trust',
  'pending_user',
  // the customer's data: SEP-12 (S6-36, S31-M04)
  'pending_customer_info_update',
  // data of this transaction: PATCH (S6-37, S6-38, S31-M05)
  'pending_transaction_info_update',
  'completed',
  'refunded',
  'expired',
  'no_market',
  'too_small',
  'too_large',
  'error',
] as const;

export type Status = (typeof STATUSES)[number];

/**
 * The ends (S24-65). A transaction in one of them never changes again, but an expired one that money still came for: it is revived or
 * refunded, never lost. too_small and too_large may still be refunded.
 */
export const TERMINAL: ReadonlySet<string> = new Set<Status>([
  'completed',
  'refunded',
  'expired',
  'no_market',
  'error',
]);

type Edges = { readonly [from in Status]: readonly Status[] };

const FINAL = {
  completed: [],
  refunded: [],
  // late money (S24-65)
  expired: ['pending_anchor'],
  no_market: [],
  error: [],
  too_small: ['refunded', 'error'],
  too_large: ['refunded', 'error'],
} as const;

/**
 * Where the user has to mend something first. Without money the transaction goes on to wait for it, with money to be paid out, and what
 * nobody mends expires or is given back (S6-36, S6-38, S6-39; S31-M04, M05).
 */
const ASKED = {
  pending_customer_info_update: [
    'pending_anchor',
    'pending_user_transfer_start',
    'on_hold',
    'expired',
    'refunded',
    'error',
  ],
  pending_transaction_info_update: ['pending_anchor', 'on_hold', 'expired', 'refunded', 'error'],
} as const;

/**
 * The one table of moves (S24-M01..M19, S6-39, S31-M01..M09). Beyond the table of the SEP: `pending_stellar` may fall back to `pending_anchor`,
 * because a transaction found failed in a ledger has used its slot and its payment goes again in the next one.
 */
export const MOVES: { readonly [kind in Kind]: Edges } = {
  deposit: {
    ...FINAL,
    ...ASKED,
    incomplete: [
      'pending_anchor',
      'pending_user_transfer_start',
      'pending_customer_info_update',
      'expired',
      'error',
    ],
    pending_user_transfer_start: [
      'pending_external',
      'pending_anchor',
      'pending_customer_info_update',
      'pending_transaction_info_update',
      'expired',
      'error',
    ],
    pending_user_transfer_complete: [],
    pending_external: ['pending_anchor', 'too_small', 'too_large', 'refunded', 'error'],
    pending_anchor: [
      'incomplete',
      'pending_user_transfer_start',
      'pending_customer_info_update',
      'pending_transaction_info_update',
      'on_hold',
      'pending_user',
      'pending_trust',
      'pending_stellar',
      'completed',
      'refunded',
      'expired',
      'no_market',
      'error',
    ],
    on_hold: ['pending_anchor', 'refunded', 'error'],
    pending_user: ['pending_anchor', 'refunded', 'error'],
    pending_trust: ['pending_anchor', 'refunded', 'error'],
    pending_stellar: ['completed', 'pending_anchor', 'error'],
  },
  withdrawal: {
    ...FINAL,
    ...ASKED,
    incomplete: [
      'pending_anchor',
      'pending_user_transfer_start',
      'pending_customer_info_update',
      'expired',
      'error',
    ],
    pending_user_transfer_start: [
      'pending_anchor',
      'pending_user_transfer_complete',
      'pending_customer_info_update',
      'pending_transaction_info_update',
      'expired',
      'refunded',
      'too_small',
      'too_large',
      'error',
    ],
    pending_user_transfer_complete: ['completed', 'refunded', 'error'],
    pending_anchor: [
      'incomplete',
      'pending_user_transfer_start',
      'pending_user_transfer_complete',
      'pending_customer_info_update',
      'pending_transaction_info_update',
      'pending_user',
      'on_hold',
      'pending_external',
      'refunded',
      'expired',
      'error',
    ],
    pending_external: ['completed', 'pending_anchor', 'refunded', 'error'],
    on_hold: ['pending_anchor', 'refunded', 'error'],
    pending_user: ['pending_anchor', 'refunded', 'error'],
    pending_trust: [],
    pending_stellar: [],
  },
};

export const isStatus = (text: string): text is Status => (STATUSES as readonly string[]).includes(text);

/** Whether the table declares the move. Staying in place is always allowed, except in a terminal status. */
export function canMove(kind: Kind, from: string, to: string): boolean {
  if (!isStatus(from) || !isStatus(to)) return false;
  return MOVES[kind][from].includes(to);
}

/** Statuses a transaction of this kind can be in at all. */
export function reachable(kind: Kind): ReadonlySet<Status> {
  const seen = new Set<Status>(['incomplete']);
  for (const status of seen) for (const next of MOVES[kind][status]) seen.add(next);
  return seen;
}
