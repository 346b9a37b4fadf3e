// Deposits with memos (goal G9): each needs a transaction of its own, because a transaction has one memo.
import { type Goal, type Result, resultOf } from './_meter.ts';
import { owe } from './_payments.ts';
import { cycled, fact, M, type Part, pay, steady, twice, withWorld } from './_settle.ts';

/** Deposits with memos of their own, then a mix of one in five, on twenty channels. */
async function memos(): Promise<Part> {
  const channels = 20;
  return withWorld({ channels }, async (world) => {
    let memo = 0;
    await owe(world, cycled(world, 160), () => String(++memo));
    const own = await pay(world);
    await owe(world, cycled(world, 5_000), (at) => (at % 5 === 0 ? String(++memo) : null));
    const mixed = await pay(world);
    // 21 sources: ten full batches take the ledger's 1,000 operations but nine, the rest goes to memos
    const best = bestSplit(channels + 1, 4_000, 1_000);
    const rate = mixed.counts.slice(1, 4).reduce((sum, count) => sum + count, 0) / 3;
    return {
      goals: [
        {
          what: 'own-memo deposits : min(M, C) per ledger (G9)',
          ratio: steady(own) / Math.min(M, channels),
          aim: 0.95,
        },
        { what: 'a mix with 20 % memos : its best split (G9)', ratio: rate / best, aim: 0.9 },
      ],
      rows: [fact('memos', { ownPerLedger: steady(own), mixPerLedger: rate, bestSplit: best })],
    };
  });
}

/** The most payments that fit into one ledger: x sources carry a hundred each, the others one memo each, bumped but the first. */
function bestSplit(sources: number, plain: number, own: number): number {
  let best = 0;
  for (let full = 0; full <= sources; full++) {
    let room = M;
    let paid = 0;
    let left = plain;
    for (let i = 0; i < full; i++) {
      const bump = i === 0 ? 0 : 1;
      const batch = Math.max(0, Math.min(100, left, room - bump));
      room -= batch + (batch > 0 ? bump : 0);
      left -= batch;
      paid += batch;
    }
    paid += Math.max(0, Math.min(sources - full, own, Math.floor(room / 2)));
    best = Math.max(best, paid);
  }
  return best;
}

export const run = (): Promise<Result> =>
  twice(async () => {
    const { goals, rows } = await memos();
    return resultOf(goals, goals[0] as Goal, 'a ledger with one memo on every channel', rows);
  });
