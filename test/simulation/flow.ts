import type { Memo } from '../../src/kernel/memos.ts';

/** What has to become of a flow once all is well again. */
export type Expectation =
  /** done, whatever happened on the way */
  | 'completed'
  /** no money came that could be taken for it: it ends without any, or waits */
  | 'unpaid'
  /** it waits for something that never comes, and says so */
  | 'waits'
  /** any end that the checks of money allow */
  | 'any';

export interface Flow {
  name: string;
  kind: 'deposit' | 'withdrawal';
  scenario: string;
  /** `G…` or `M…` of the user */
  account: string;
  /** deposit: what our payment has to carry */
  memo: Memo | null;
  /** stroops announced */
  units: bigint;
  expect: Expectation;
  /** what the API told the user */
  id: string | null;
  reference: string | null;
  anchorAccount: string | null;
  paymentMemo: string | null;
  /** the user has done all that the scenario says */
  done: boolean;
}
