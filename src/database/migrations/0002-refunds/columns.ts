/** Policies per asset, and what was decided about money that lies in suspense. */

const asset = (column: string): string => `alter table assets add column ${column}`;
const payment = (column: string): string => `alter table incoming_payments add column ${column}`;
const credit = (column: string): string => `alter table bank_credits add column ${column}`;

export const REFUND_COLUMNS: readonly string[] = [
  asset(`tolerance_percent_units integer not null default 100000000
    check (tolerance_percent_units between 0 and 1000000000)`),
  asset("wrong_amount text not null default 'wait' check (wrong_amount in ('wait', 'end'))"),
  asset('accept_late integer not null default 0 check (accept_late in (0, 1))'),
  asset('refund_after_hours integer check (refund_after_hours >= 0)'),
  asset('refund_min_units integer not null default 0 check (refund_min_units >= 0)'),
  payment('refund_to text'),
  payment('held_at text'),
  // what came in is either a transaction's or goes back, and never more than what came in (M3, M4)
  payment(`refunded_units integer not null default 0 check (refunded_units >= 0 and refunded_units <= amount_units
    and (bucket = 'suspense' or refunded_units = 0))`),
  credit('held_at text'),
  credit(`refunded_units integer not null default 0 check (refunded_units >= 0 and refunded_units <= amount_units
    and (bucket <> 'matched' or refunded_units = 0))`),
];

const HISTORY = `create table suspense_history (
  id counted id,
  incoming_id text references incoming_payments (operation_id),
  credit_id text references bank_credits (id),
  at text not null,
  action text not null check (action in ('match', 'refund', 'hold', 'release', 'keep')),
  by_whom text not null,
  reason text not null,
  check ((incoming_id is null) <> (credit_id is null))
)`;

export const REFUND_TABLES: readonly string[] = [
  HISTORY,
  'create index suspense_history_of_payment on suspense_history (incoming_id, id) where incoming_id is not null',
  'create index suspense_history_of_credit on suspense_history (credit_id, id) where credit_id is not null',
  // payments name withdrawals that have ended, too
  `create index transactions_by_memo on transactions (anchor_account, memo) where anchor_account is not null`,
  // looked through by every pass where a policy refunds, so it holds only what is undecided
  `create index incoming_undecided on incoming_payments (account, created_at)
    where bucket = 'suspense' and refunded_units = 0 and held_at is null`,
  `create index credits_undecided on bank_credits (created_at)
    where bucket = 'suspense' and refunded_units = 0 and held_at is null`,
];
