const MIN_MS = 5_000;
const MAX_MS = 600_000;
const HELD_MAX_MS = 3_600_000;

/** Pause before something is asked again: half of the time that it has waited, so that it doubles, from 5 s up to 10 min. */
export const pauseMs = (waitedMs: number): number => Math.min(MAX_MS, Math.max(MIN_MS, waitedMs / 2));

/** Pause between two calls for what the bank said it does not have. */
export const retryMs = (attempts: number): number =>
  Math.min(MAX_MS, MIN_MS * 2 ** Math.min(Math.max(attempts, 0), 10));

/**
 * Pause before the bank is asked again what became of a payout it has taken: none in the first minute, then a tenth of its age, in
 * steps, so that rows of about one age are put off by one statement.
 */
export function followMs(ageMs: number, held: boolean): number {
  if (ageMs < 60_000) return 0;
  const steps = [15_000, 60_000, 300_000, MAX_MS, HELD_MAX_MS];
  const most = held ? HELD_MAX_MS : MAX_MS;
  return Math.min(most, steps.findLast((step) => step <= ageMs / 10) ?? MIN_MS);
}
