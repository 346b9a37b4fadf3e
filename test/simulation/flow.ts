import type { Memo } from '../../src/kernel/memos.ts';

/** What has to become of a flow once all is well again. */
export type Expectation =
  /** done, whatever happened on the way */
  | 'completed'
  /** no money came that could be taken for it: it ends without any, or waits */
  | 'unpaid'
  /** what came for it does not fit, and goes back whole */
  | 'returned'
  /** it waits for something that never comes, and says so */
  | 'waits'
  /** any end that the checks of money allow */
  | 'any';

/** What a firm quote promised the user: stroops, and milliseconds since 1970. */
export interface Promised {
  sell: bigint;
  buy: bigint;
  until: number;
}

export interface Flow {
  name: string;
  kind: 'deposit' | 'withdrawal';
  scenario: string;
  /** how the user asks for it: pages, requests without pages, or one anchor another */
  sep: '24' | '6' | '31';
  /** what comes in is exchanged for something else, at a promised price or at that of the time when it came */
  exchange: 'quoted' | 'unquoted' | null;
  promised: Promised | null;
  /** what a refund has to carry */
  refundMemo: Memo | null;
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
