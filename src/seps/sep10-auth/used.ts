import { consumeChallenge, forgetChallenges } from '../../database/repositories/challenges.ts';
import { isoTime } from '../../kernel/clock.ts';
import { badInput } from '../../kernel/errors.ts';
import type { AnchorContext } from '../../transfers/context.ts';

/** Longer than clocks of two machines differ. */
const KEPT_AFTER_EXPIRY_MS = 300_000;
const CLEAN_EVERY_MS = 60_000;

export type Consume = (hash: Uint8Array, maxTime: number) => Promise<void>;

/**
 * Marks challenges as used: one token per challenge, however many try at once, in however many processes (S10-59, S10-60).
 * The hash does not depend on the signatures, so adding one makes no new challenge.
 *
 * @returns a function that throws CHALLENGE_USED (400) for all but the first; `maxTime` in Unix seconds
 */
export function createConsume(ctx: AnchorContext): Consume {
  let cleanedAt = ctx.clock.now();
  return async (hash, maxTime) => {
    const expiresAt = isoTime(maxTime * 1000 + KEPT_AFTER_EXPIRY_MS);
    // a single statement is whole by itself
    if (!(await consumeChallenge(ctx.db.read, Buffer.from(hash).toString('hex'), expiresAt))) {
      throw badInput('CHALLENGE_USED', 'This challenge was used already. Ask for a new one.');
    }
    const now = ctx.clock.now();
    if (now - cleanedAt < CLEAN_EVERY_MS) return;
    cleanedAt = now;
    await forgetChallenges(ctx.db.read, isoTime(now));
  };
}
