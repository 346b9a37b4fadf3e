import { watchPayments } from '../ingest/index.ts';
import { deliverCallbacks } from '../outbox/index.ts';
import { submitPayments } from '../payments/index.ts';
import { executePayouts, pollDeposits, pollPayouts } from '../rails/index.ts';
import { followSends } from '../sending/index.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { type PassOptions, type PassResult, sum } from '../transfers/pass.ts';
import { expireTransactions } from './expire.ts';
import { reconcileJob } from './reconcile/job.ts';
import { reviewCustomers } from './review-customers.ts';

/** A background job: a value, so that the command line, the server and stellar.toml checks loop over one array. */
export interface Job {
  id: string;
  title: string;
  /** default pause between two passes of a loop; the project's job_interval where null */
  intervalSeconds: number | null;
  run(ctx: AnchorContext, options: PassOptions): Promise<PassResult>;
}

export const JOBS: readonly Job[] = [
  {
    id: 'poll-deposits',
    title: 'Ask the bank what arrived, then pay it out on Stellar',
    intervalSeconds: null,
    async run(ctx, options) {
      return withSubmit(ctx, options, await pollDeposits(ctx, options));
    },
  },
  {
    id: 'submit-payments',
    title: 'Pay everything owed on Stellar',
    intervalSeconds: null,
    run: submitPayments,
  },
  {
    id: 'watch-payments',
    title: 'Find Stellar payments to us and match them',
    intervalSeconds: null,
    async run(ctx, options) {
      return withSubmit(ctx, options, await watchPayments(ctx, options));
    },
  },
  {
    id: 'execute-payouts',
    title: 'Pay withdrawals through the rails',
    intervalSeconds: null,
    run: executePayouts,
  },
  {
    id: 'poll-payouts',
    title: 'Follow payouts that are still on the way',
    intervalSeconds: null,
    run: pollPayouts,
  },
  {
    id: 'follow-sends',
    title: 'Follow payments that we send through other anchors',
    intervalSeconds: null,
    run: followSends,
  },
  {
    id: 'deliver-callbacks',
    title: 'Tell wallets of changes',
    intervalSeconds: null,
    run: deliverCallbacks,
  },
  {
    id: 'review-customers',
    title: 'Ask the integration about customers that wait for a decision, and drop uploads that nobody used',
    intervalSeconds: null,
    run: reviewCustomers,
  },
  {
    id: 'expire-transactions',
    title: 'Let transactions expire that nobody funded, and clear away what has ended',
    intervalSeconds: 30,
    run: expireTransactions,
  },
  reconcileJob,
];

export const findJob = (id: string): Job | undefined => JOBS.find((job) => job.id === id);

async function withSubmit(ctx: AnchorContext, options: PassOptions, first: PassResult): Promise<PassResult> {
  const submitted = await submitPayments(ctx, options);
  return sum(first, submitted);
}
