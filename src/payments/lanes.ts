/** Does the work for each, a few at a time; the first fault is thrown after all lanes have ended. */
export async function inLanes<T>(
  all: readonly T[],
  lanes: number,
  work: (one: T) => Promise<void>,
): Promise<void> {
  const queue = [...all];
  const lane = async (): Promise<void> => {
    for (let one = queue.shift(); one !== undefined; one = queue.shift()) await work(one);
  };
  const ends = await Promise.allSettled(Array.from({ length: Math.min(lanes, all.length) }, lane));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}
