// How long a single deposit takes (goal G11): from the moment it is owed until it is booked as paid, while sources are free.
import { submitPayments } from '../src/payments/index.ts';
import { type Goal, median, type Result, resultOf } from './_meter.ts';
import { owe } from './_payments.ts';
import { CLOSE, fact, type Part, twice, withWorld } from './_settle.ts';

/** Seconds between deposits: spread evenly over a ledger's time by the golden ratio, so that few of them show the median well. */
const EVERY = (CLOSE * (3 - Math.sqrt(5))) / 2 / 2;

/** Single deposits, below 80 % of what the sources can carry. */
async function latency(): Promise<Part> {
  return withWorld({ channels: 10 }, async (world) => {
    const stop = new AbortController();
    const loop = async (): Promise<void> => {
      while (!stop.signal.aborted) {
        await submitPayments(world.ctx, { ...world.options(), signal: stop.signal });
        await new Promise((done) => setTimeout(done, 20));
      }
    };
    const looping = loop();
    const ids: string[] = [];
    const begun = performance.now();
    for (let at = 0; performance.now() < begun + 75_000; at++) {
      await new Promise((done) => setTimeout(done, begun + (at + 1) * EVERY * 1_000 - performance.now()));
      ids.push(...(await owe(world, [world.wallets[at % world.wallets.length] as string])));
      void submitPayments(world.ctx, world.options());
    }
    await new Promise((done) => setTimeout(done, 3 * CLOSE * 1000));
    stop.abort();
    await looping;
    const rows = await world.ctx.db.read
      .selectFrom('obligations')
      .select(['created_at', 'updated_at'])
      .where('state', '=', 'paid')
      .where('id', 'in', ids.slice(5))
      .execute();
    const waits = rows
      .map((row) => Date.parse(row.updated_at) - Date.parse(row.created_at))
      .sort((a, b) => a - b);
    const p50 = median(waits);
    const p95 = waits[Math.floor(waits.length * 0.95)] ?? 0;
    const floor = (CLOSE * 1000) / 2 + 500;
    return {
      goals: [
        { what: 'half a ledger and half a second : median latency (G11)', ratio: floor / p50, aim: 1 },
        { what: 'two ledgers : 95th percentile of latency (G11)', ratio: (2 * CLOSE * 1000) / p95, aim: 1 },
      ],
      rows: [fact('latency', { deposits: waits.length, p50ms: p50, p95ms: p95 })],
    };
  });
}

export const run = (): Promise<Result> =>
  twice(async () => {
    const { goals, rows } = await latency();
    return resultOf(goals, goals[0] as Goal, 'half a ledger and half a second', rows);
  });
