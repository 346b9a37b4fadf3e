import type { Dialect } from '../types.ts';

/**
 * Rules about money that hold whatever the code does (reliability R2, R3): triggers, because they look at other rows.
 * `event` is what fires it; `when` sees `old` and `new`; `broken` is the text of the refusal.
 */
export interface Rule {
  name: string;
  table: string;
  event: string;
  when: string;
  broken: string;
}

export const RULES: readonly Rule[] = [
  {
    name: 'obligation_keeps_live_slot',
    table: 'obligations',
    event: 'update of slot_id',
    // a slot without any envelope cannot pay, so it may be let go
    when: `old.slot_id is not null and old.slot_id is distinct from new.slot_id
      and exists (select 1 from slots where id = old.slot_id and state = 'open')
      and exists (select 1 from envelopes where slot_id = old.slot_id)`,
    broken: 'an obligation cannot leave a slot whose envelopes may still apply',
  },
  {
    name: 'obligation_takes_open_slot',
    table: 'obligations',
    event: 'update of slot_id',
    when: `new.slot_id is not null and old.slot_id is distinct from new.slot_id
      and not exists (select 1 from slots where id = new.slot_id and state = 'open')`,
    broken: 'an obligation can be bound to an open slot only',
  },
  {
    name: 'slot_end_is_final',
    table: 'slots',
    event: 'update of state',
    // the sequence number of a dead slot is the next one that the account can use, so the same slot is offered anew (R5)
    when: `old.state <> 'open' and new.state <> old.state and not (old.state = 'dead' and new.state = 'open')`,
    broken: 'a slot that was consumed stays so, and a dead one can only be offered anew',
  },
  {
    name: 'slot_is_fixed',
    table: 'slots',
    event: 'update of id, source_account, sequence',
    when: 'new.id <> old.id or new.source_account <> old.source_account or new.sequence <> old.sequence',
    broken: 'a slot is one source account and one sequence number',
  },
  {
    name: 'envelope_is_fixed',
    table: 'envelopes',
    event: 'update of hash, inner_hash, slot_id, xdr, source_account, sequence, max_ledger, max_time',
    when: `new.hash <> old.hash or new.inner_hash <> old.inner_hash or new.xdr <> old.xdr
      or new.slot_id is distinct from old.slot_id or new.source_account <> old.source_account
      or new.sequence <> old.sequence or new.max_ledger <> old.max_ledger or new.max_time <> old.max_time`,
    broken: 'a signed envelope cannot be changed',
  },
  {
    name: 'envelope_pays_what_its_slot_carries',
    table: 'envelope_obligations',
    event: 'insert',
    when: `not exists (select 1 from obligations join envelopes on envelopes.slot_id = obligations.slot_id
      where obligations.id = new.obligation_id and envelopes.hash = new.envelope_hash)`,
    broken: 'an envelope pays obligations that are bound to its slot only',
  },
];

/** Tables whose rows are never erased: the book of what was owed, signed, received and decided. */
const BOOK = [
  'transactions',
  'transaction_history',
  'obligations',
  'slots',
  'envelopes',
  'envelope_obligations',
  'incoming_payments',
  'bank_credits',
];

export function rulesOf(dialect: Dialect): string[] {
  return triggersOf(dialect, [...RULES, ...BOOK.map(keptForever)]);
}

export const keptForever = (table: string): Rule => ({
  name: `${table}_are_kept`,
  table,
  event: 'delete',
  when: '1 = 1',
  broken: `rows of ${table} are never deleted`,
});

export function triggersOf(dialect: Dialect, rules: readonly Rule[]): string[] {
  return rules.flatMap(dialect === 'sqlite' ? sqliteTrigger : postgresTrigger);
}

function sqliteTrigger({ name, table, event, when, broken }: Rule): string[] {
  const condition = when.replaceAll('is distinct from', 'is not');
  return [
    `create trigger ${name} before ${event} on ${table} when ${condition}
      begin select raise(abort, '${broken}'); end`,
  ];
}

function postgresTrigger({ name, table, event, when, broken }: Rule): string[] {
  return [
    `create function ${name}() returns trigger language plpgsql as $rule$
      begin
        if ${when} then raise exception '${broken}' using errcode = 'check_violation'; end if;
        if tg_op = 'DELETE' then return old; end if;
        return new;
      end $rule$`,
    `create trigger ${name} before ${event} on ${table} for each row execute function ${name}()`,
  ];
}
