import type { Flow } from '../flow.ts';
import * as deposits from './deposits.ts';
import * as withdrawals from './withdrawals.ts';

export interface Scenario {
  kind: Flow['kind'];
  /** which of the four kinds of flow it counts as */
  family:
    | 'deposit'
    | 'deposit that needs something'
    | 'withdrawal'
    | 'withdrawal gone wrong'
    | 'deposit gone wrong';
  weight: number;
  /** what kind of account the user has */
  role: 'rich' | 'bare' | 'absent';
  expect: Flow['expect'];
  script: deposits.Script;
  /** money comes after the transaction has expired: only in runs where that is soon */
  brief?: boolean;
  /** the first money is a wrong amount, which may end it */
  endsWithWrong?: boolean;
  /** whether the deposit may carry a memo or a muxed destination */
  memo?: boolean;
  /** default 24 */
  sep?: Flow['sep'];
  exchange?: Flow['exchange'];
  refundMemo?: boolean;
  /** where the policy sends back what does not fit, this goes back */
  returned?: boolean;
}

const deposit = (weight: number, script: deposits.Script, more: Partial<Scenario> = {}): Scenario => ({
  kind: 'deposit',
  family: 'deposit',
  weight,
  role: 'rich',
  expect: 'completed',
  script,
  ...more,
});

const needy = (
  weight: number,
  role: Scenario['role'],
  script: deposits.Script,
  more: Partial<Scenario> = {},
): Scenario => deposit(weight, script, { role, family: 'deposit that needs something', ...more });

const withdrawal = (weight: number, script: deposits.Script, more: Partial<Scenario> = {}): Scenario => ({
  kind: 'withdrawal',
  family: 'withdrawal',
  weight,
  role: 'rich',
  expect: 'completed',
  script,
  ...more,
});

const wrongDeposit = (weight: number, script: deposits.Script, more: Partial<Scenario> = {}): Scenario =>
  deposit(weight, script, { family: 'deposit gone wrong', expect: 'unpaid', ...more });

const wrongWithdrawal = (weight: number, script: deposits.Script, more: Partial<Scenario> = {}): Scenario =>
  withdrawal(weight, script, { family: 'withdrawal gone wrong', expect: 'unpaid', ...more });

export const SCENARIOS: Record<string, Scenario> = {
  deposit: deposit(14, deposits.plain, { memo: true }),
  'deposit tolerated': deposit(2, deposits.tolerated),
  'deposit sloppy reference': deposit(1, deposits.sloppyReference),
  'deposit paid twice': deposit(1.5, deposits.duplicate),
  'deposit short, then exact': deposit(1.5, deposits.shortThenExact, { endsWithWrong: true }),
  'deposit, trust later': needy(3, 'bare', deposits.trustLater, { memo: true }),
  'deposit, trust never': needy(1, 'bare', deposits.trustNever, { expect: 'waits' }),
  'deposit, no account': needy(3, 'absent', deposits.opened),
  'deposit, claimable': needy(2, 'bare', deposits.claimable),
  'deposit, claimable, no account': needy(2, 'absent', deposits.claimable),
  'deposit, line full': needy(1.5, 'rich', deposits.lineFull),
  'deposit, frozen': needy(1.5, 'rich', deposits.frozen),
  'deposit, frozen for the second': needy(2, 'rich', deposits.again),
  'deposit, merged': needy(1, 'bare', deposits.merged),
  'deposit short': wrongDeposit(1, deposits.short),
  'deposit over': wrongDeposit(1, deposits.over),
  'deposit misnamed': wrongDeposit(1, deposits.misnamed),
  'deposit unreadable': wrongDeposit(0.5, deposits.unreadable),
  'deposit late': wrongDeposit(12, deposits.late, { brief: true }),
  withdrawal: withdrawal(12, withdrawals.plain),
  'withdrawal muxed': withdrawal(2, withdrawals.toMuxed),
  'withdrawal tolerated': withdrawal(2, withdrawals.tolerated),
  'withdrawal by path': withdrawal(1.5, withdrawals.byPath),
  'withdrawal fee bump': withdrawal(1, withdrawals.bumped),
  'withdrawal crowded': withdrawal(1, withdrawals.crowded),
  'withdrawal batch': withdrawal(1, withdrawals.batch),
  'withdrawal failed first': withdrawal(1, withdrawals.failedFirst),
  'withdrawal paid twice': wrongWithdrawal(1.5, withdrawals.duplicate, { expect: 'completed' }),
  'withdrawal under': wrongWithdrawal(1.5, withdrawals.under),
  'withdrawal over': wrongWithdrawal(1.5, withdrawals.over),
  'withdrawal misnamed': wrongWithdrawal(2.5, withdrawals.misnamed),
  'withdrawal wrong asset': wrongWithdrawal(1.5, withdrawals.wrongAsset),
  'withdrawal merged in': wrongWithdrawal(1, withdrawals.mergedIn, { role: 'bare' }),
  'withdrawal late': wrongWithdrawal(12, withdrawals.late, { brief: true }),
  'SEP-6 deposit': deposit(3, deposits.plain, { sep: '6', memo: true }),
  'SEP-6 deposit, trust later': needy(1, 'bare', deposits.trustLater, { sep: '6' }),
  'SEP-6 withdrawal': withdrawal(2.5, withdrawals.plain, { sep: '6', refundMemo: true }),
  'SEP-6 withdrawal misnamed': wrongWithdrawal(0.5, withdrawals.misnamed, { sep: '6' }),
  'SEP-6 deposit exchange, quoted': deposit(1.5, deposits.plain, { sep: '6', exchange: 'quoted' }),
  'SEP-6 deposit exchange': deposit(1.5, deposits.plain, { sep: '6', exchange: 'unquoted' }),
  'SEP-6 deposit exchange, quoted, late': wrongDeposit(4, deposits.late, {
    sep: '6',
    exchange: 'quoted',
    brief: true,
  }),
  'SEP-6 withdrawal exchange, quoted': withdrawal(1.5, withdrawals.plain, { sep: '6', exchange: 'quoted' }),
  'SEP-6 withdrawal exchange': withdrawal(1.5, withdrawals.plain, { sep: '6', exchange: 'unquoted' }),
  'SEP-6 withdrawal exchange, quoted, late': wrongWithdrawal(4, withdrawals.late, {
    sep: '6',
    exchange: 'quoted',
    brief: true,
  }),
  'SEP-31 payment': withdrawal(3, withdrawals.plain, { sep: '31', refundMemo: true }),
  'SEP-31 payment, quoted': withdrawal(1.5, withdrawals.plain, { sep: '31', exchange: 'quoted' }),
  'SEP-31 payment under': wrongWithdrawal(1, withdrawals.under, {
    sep: '31',
    refundMemo: true,
    returned: true,
  }),
  'SEP-31 payment over': wrongWithdrawal(1, withdrawals.over, {
    sep: '31',
    refundMemo: true,
    returned: true,
  }),
  'SEP-31 payment late': wrongWithdrawal(4, withdrawals.late, { sep: '31', refundMemo: true, brief: true }),
};
