/** Seconds before each further attempt: minutes at first, then hours; about four days in all. */
const PAUSES = [10, 30, 60, 300, 900, 3_600, 10_800, 21_600, 43_200, 86_400, 86_400, 86_400];

/** Milliseconds to wait after this many failed attempts; null: nobody is asked again by itself. */
export function pauseMs(attempts: number): number | null {
  const seconds = PAUSES[attempts - 1];
  return seconds === undefined ? null : seconds * 1_000;
}
