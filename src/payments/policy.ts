/** Figures of the payment engine, each with its unit. */
export const policy = {
  /** a lease that is not renewed is free again after this */
  leaseMs: 15_000,
  leaseRenewMs: 5_000,
  /** pause between two looks at an envelope in flight */
  lookMs: 500,
  lookMaxMs: 4_000,
  /** an envelope in flight is sent again, unchanged, this long after the last time */
  resendMs: 5_000,
  /** what has to wait is looked at again after one ledger, then less and less often */
  waitFirstMs: 2_000,
  waitFactor: 1.5,
  waitMaxMs: 600_000,
  /** how far behind our own book a server may be before it is said aloud */
  lagMs: 60_000,
  /** account look-ups at the same time: at a tenth of a second each, a thousand destinations first seen take two ledgers */
  lookupsInFlight: 10,
  /** envelopes signed for one slot before we only wait for its end */
  envelopesPerSlot: 20,
  /** readings of ledger and fees are shared for so long */
  readingMs: 5_000,
  /** between two ledgers, until it is seen how long it takes */
  closeMs: 5_000,
  closeMinMs: 50,
  closeMaxMs: 10_000,
  /** shortest pause between two looks for results */
  lookMinMs: 50,
  /** a result that has not come after so many ledgers is looked for at its source account */
  overdueLedgers: 2.5,
  /** ledgers that a node keeps a transaction in its queue; after them the same envelope is banned there (core) */
  queueLedgers: 4,
  /** what the queue asks of an envelope in place of another: so many times its bid per operation (core) */
  replaceFactor: 10n,
  /** new work of other processes is looked for so often while something is in flight */
  workMs: 1_000,
  /** a sequence number read is good for opening a slot for so long */
  witnessMs: 60_000,
  /** what was read of a destination decides for so long */
  destinationMs: 5_000,
  /** a destination that was paid, or could have been, is paid again without a look for so long */
  goodMs: 3_600_000,
  goodKept: 100_000,
  /** destinations looked up in one round; the others wait for the next */
  lookupsPerRound: 100,
  /** more destinations with a memo never seen than this, and they are paid without a look: the failed operations tell */
  memoLookups: 20,
  /** waiting payments looked at in one round */
  recheckPerRound: 20,
  /** payments read in one round */
  readyPerRound: 1_500,
  /** of all slots, one in so many goes to the oldest payment with a memo where the others would take them all */
  memoEvery: 10,
  /** waiting for funds, this is the longest until it is looked at again */
  fundsMaxMs: 60_000,
  /** ledgers that a reading may be ahead of what time allows */
  jumpLedgers: 200,
  /** the newest reading is trusted unless it is so many ledgers behind what was seen before */
  lagLedgers: 50,
} as const;

/** Milliseconds until a waiting obligation is looked at again. */
export function waitMs(attempts: number): number {
  return Math.min(policy.waitMaxMs, policy.waitFirstMs * policy.waitFactor ** Math.min(attempts, 40));
}
