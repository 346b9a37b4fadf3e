// Destinations that cannot be paid (goal G12): they leave, and those beside them are paid all the same.
import { sql } from 'kysely';
import { submitPayments } from '../src/payments/index.ts';
import type { Operation } from '../src/stellar/build.ts';
import { type Goal, type Result, resultOf } from './_meter.ts';
import { owe, type World } from './_payments.ts';
import { cycled, fact, type Part, twice, withWorld } from './_settle.ts';

/** One destination in a hundred has no trustline. */
async function badOnes(): Promise<Part> {
  return withWorld({ channels: 4, wallets: 200 }, async (world) => {
    const bad = await withoutTrustlines(world, 4);
    const all = cycled(world, 400).map((good, at) =>
      at % 100 === 37 ? (bad[at % bad.length] as string) : good,
    );
    await owe(world, all);
    const start = performance.now();
    await submitPayments(world.ctx, world.options());
    const wall = performance.now() - start;
    const states = await world.ctx.db.read
      .selectFrom('obligations')
      .select(['state', sql<number>`count(*)`.as('count')])
      .groupBy('state')
      .execute();
    const by = new Map(states.map((row) => [row.state, Number(row.count)]));
    const failed = await world.ctx.db.read
      .selectFrom('envelopes')
      .select(['ledger', 'state'])
      .where('state', 'in', ['applied', 'failed'])
      .where('slot_id', 'is not', null)
      .orderBy('ledger')
      .execute();
    const ledgers = failed.map((row) => Number(row.ledger));
    const used = Math.max(...ledgers) - Math.min(...ledgers);
    return {
      goals: [
        {
          what: 'with 1 % bad destinations: two more ledgers : ours (G12)',
          ratio: used === 0 ? 2 : 2 / used,
          aim: 1,
        },
        {
          what: 'good destinations paid : good destinations (G12)',
          ratio: (by.get('paid') ?? 0) / 396,
          aim: 1,
        },
      ],
      rows: [
        fact('1 % bad', {
          paid: by.get('paid') ?? 0,
          waiting: by.get('waiting') ?? 0,
          moreLedgers: used,
          seconds: wall / 1000,
        }),
      ],
    };
  });
}

async function withoutTrustlines(world: World, count: number): Promise<string[]> {
  const { createHash } = await import('node:crypto');
  const { keyPairFromRawSeed, randomKeyPair } = await import('../src/stellar/keys.ts');
  const { systemIds } = await import('../src/kernel/ids.ts');
  const root = keyPairFromRawSeed(createHash('sha256').update(world.ctx.network.passphrase).digest());
  const made = Array.from({ length: count }, () => randomKeyPair(systemIds).publicKey);
  const operations = made.map(
    (destination): Operation => ({ type: 'createAccount', destination, startingBalance: 50_000_000n }),
  );
  await world.submitSigned(root, operations);
  return made;
}

export const run = (): Promise<Result> =>
  twice(async () => {
    const { goals, rows } = await badOnes();
    return resultOf(goals, goals[0] as Goal, 'two more ledgers', rows);
  });
