/** Stroops; null: none. */
export interface Limits {
  min: bigint | null;
  max: bigint | null;
}

/** What all of them allow. */
export function narrower(all: readonly Limits[]): Limits {
  const least = all.flatMap(({ min }) => (min === null || min === 0n ? [] : [min]));
  const most = all.flatMap(({ max }) => (max === null ? [] : [max]));
  return {
    min: least.length === 0 ? null : least.reduce((a, b) => (a > b ? a : b)),
    max: most.length === 0 ? null : most.reduce((a, b) => (a < b ? a : b)),
  };
}

export const sameLimits = (a: Limits, b: Limits): boolean =>
  (a.min ?? 0n) === (b.min ?? 0n) && a.max === b.max;
