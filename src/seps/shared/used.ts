import { forgetChallenges } from '../../database/repositories/challenges.ts';
import { isoTime } from '../../kernel/clock.ts';
import { badInput } from '../../kernel/errors.ts';
import type { AnchorContext } from '../../transfers/context.ts';

/** Longer than clocks of two machines differ. */
const KEPT_AFTER_EXPIRY_MS = 300_000;
const CLEAN_EVERY_MS = 60_000;
const BATCH = 500;

export type Consume = (hash: Uint8Array, maxTime: number) => Promise<void>;

type Storage = Pick<AnchorContext, 'db' | 'clock'>;

interface Waiting {
  hash: string;
  expiresAt: string;
  done: () => void;
  failed: (error: unknown) => void;
}

/**
 * Marks challenges as used: one token per challenge, however many try at once, in however many processes (S10-59, S10-60).
 * The hash does not depend on the signatures, so adding one makes no new challenge. Logins that arrive together are marked by
 * one statement: a durable commit each would cost more than all the cryptography.
 *
 * @returns a function that throws CHALLENGE_USED (400) for all but the first; `maxTime` in Unix seconds
 */
export function createConsume(ctx: Storage): Consume {
  const waiting: Waiting[] = [];
  let cleanedAt = ctx.clock.now();

  const flush = async (): Promise<void> => {
    const batch = waiting.splice(0, BATCH);
    if (waiting.length > 0) setImmediate(flush);
    try {
      settle(batch, await insert(ctx, batch));
      const now = ctx.clock.now();
      if (now - cleanedAt < CLEAN_EVERY_MS) return;
      cleanedAt = now;
      await forgetChallenges(ctx.db.read, isoTime(now));
    } catch (error) {
      for (const { failed } of batch) failed(error);
    }
  };

  return (hash, maxTime) =>
    new Promise((done, failed) => {
      // after all requests that arrived in this turn of the event loop
      if (waiting.length === 0) setImmediate(flush);
      const expiresAt = isoTime(maxTime * 1000 + KEPT_AFTER_EXPIRY_MS);
      waiting.push({ hash: Buffer.from(hash).toString('hex'), expiresAt, done, failed });
    });
}

/** One statement is whole by itself. @returns the hashes that were not there before */
async function insert(ctx: Storage, batch: readonly Waiting[]): Promise<Set<string>> {
  const inserted = await ctx.db.read
    .insertInto('used_challenges')
    .values(batch.map(({ hash, expiresAt }) => ({ hash, expires_at: expiresAt })))
    .onConflict((conflict) => conflict.column('hash').doNothing())
    .returning('hash')
    .execute();
  return new Set(inserted.map((row) => row.hash));
}

/** The first of a batch to name a new hash has it. */
function settle(batch: readonly Waiting[], fresh: Set<string>): void {
  for (const { hash, done, failed } of batch) {
    if (fresh.delete(hash)) done();
    else failed(badInput('CHALLENGE_USED', 'This challenge was used already. Ask for a new one.'));
  }
}
