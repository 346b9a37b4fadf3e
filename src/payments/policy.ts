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
  /** account look-ups at the same time */
  lookupsInFlight: 4,
  /** envelopes signed for one slot before we only wait for its end */
  envelopesPerSlot: 20,
} as const;

/** Milliseconds until a waiting obligation is looked at again. */
export function waitMs(attempts: number): number {
  return Math.min(policy.waitMaxMs, policy.waitFirstMs * policy.waitFactor ** Math.min(attempts, 40));
}
