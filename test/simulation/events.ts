import type { KeyPair } from '../../src/stellar/keys.ts';
import type { Random } from './random.ts';
import { XLM } from './template.ts';
import type { World } from './world.ts';

/** What happens to the anchor's processes and accounts beside single calls: drawn from the seed. */
export function playEvents(world: World, random: Random): void {
  if (world.options.density === 0) return;
  const span = world.faults.until - world.scheduler.now;
  if (world.options.workers > 1) world.faults.count('F15', 'workers');
  if (!world.brief) {
    const stops = random.weighted([
      [0, 4],
      [1, 4],
      [2, 2],
    ] as const);
    for (let i = 0; i < stops; i++) void stop(world, random.fork(`stop/${i}`), span);
  }
  if (world.poor !== null) void refill(world, random.fork('refill'));
  if (world.restoring) void restore(world, random.fork('restore'), span);
  else if (random.chance(0.05)) void foreign(world, random.fork('foreign'), span);
  if (random.chance(0.08)) void raiseThreshold(world, random.fork('threshold'), span);
  if (!world.restoring && random.chance(0.1)) void wrongSeed(world, random.fork('seed'), span);
}

/** Somebody writes another seed, or none that can be opened, into the place of the distribution account's, and notices. */
async function wrongSeed(world: World, random: Random, span: number): Promise<void> {
  await world.scheduler.sleep(random.int(5_000, Math.floor(span / 2)));
  const right = world.file.read('select distribution_seed from assets');
  const wrong = random.pick(world.template.wrongSeeds);
  world.faults.count('F21', 'wrong seed');
  world.trace.add(world.scheduler.now, 'SEED wrong');
  await write(world, `update assets set distribution_seed = '${wrong}'`);
  await world.scheduler.sleep(random.int(15_000, 60_000));
  await write(world, `update assets set distribution_seed = '${right}'`);
  world.trace.add(world.scheduler.now, 'SEED right');
}

/** By hand, beside all processes: again while one of them writes. */
async function write(world: World, sql: string): Promise<void> {
  for (;;) {
    try {
      world.file.change(sql);
      return;
    } catch (error) {
      if ((error as { code?: string }).code !== 'SQLITE_BUSY') throw error;
      await world.scheduler.sleep(7);
    }
  }
}

/** SIGSTOP and SIGCONT: others take over, and the sleeper wakes believing that it still holds its leases. */
async function stop(world: World, random: Random, span: number): Promise<void> {
  await world.scheduler.sleep(random.int(5_000, span));
  const names = [...world.processes.keys()].filter((name) => name !== 'api');
  const process = world.processes.get(random.pick(names));
  if (process === undefined || process.dead) return;
  const ms = random.pick([2_000, 16_000, 40_000, 300_000]);
  world.trace.add(world.scheduler.now, `STOP ${process.name} for ${ms}`);
  world.faults.count('F15', 'stopped');
  process.stop(ms);
}

/** The distribution account runs short, and the operator notices some time later. */
async function refill(world: World, random: Random): Promise<void> {
  const { issuer, distribution, asset } = world.template.cast;
  await world.scheduler.sleep(random.int(60_000, 240_000));
  world.faults.count('F12', `short of ${world.poor}`);
  const sent =
    world.poor === 'asset'
      ? world.wallets.send(issuer, [
          { type: 'payment', destination: distribution.publicKey, asset, amount: 100_000n * XLM },
        ])
      : world.wallets.send(world.wallets.root, [
          {
            type: 'payment',
            destination: distribution.publicKey,
            asset: { code: 'XLM', issuer: null },
            amount: 1_000n * XLM,
          },
        ]);
  world.trace.add(world.scheduler.now, `REFILL ${world.poor}`);
  await sent;
}

/** Another signer raises the threshold, so that ours does not suffice, and lowers it again. */
async function raiseThreshold(world: World, random: Random, span: number): Promise<void> {
  const { distribution } = world.template.cast;
  const operator = world.wallets.root;
  await world.scheduler.sleep(random.int(5_000, Math.floor(span / 2)));
  const set = (mediumThreshold: number, signers: KeyPair[]): Promise<unknown> =>
    world.wallets.send(
      operator,
      [
        {
          type: 'setOptions',
          source: distribution.publicKey,
          options: { signer: { key: operator.publicKey, weight: 10 }, mediumThreshold },
        },
      ],
      { signers },
      world.operated,
    );
  world.faults.count('F21', 'threshold raised');
  world.trace.add(world.scheduler.now, 'THRESHOLD raised');
  await set(5, [distribution]);
  await world.scheduler.sleep(random.int(20_000, 120_000));
  // the new signer suffices, and one that is not needed would be one too many
  await set(0, []);
  world.trace.add(world.scheduler.now, 'THRESHOLD lowered');
}

/** Somebody with our key pays somebody with it, beside the engine: maybe out of the slot that it has just taken. */
async function foreign(world: World, random: Random, span: number): Promise<void> {
  const { distribution, impostor } = world.template.cast;
  await world.scheduler.sleep(random.int(5_000, span));
  world.faults.count('F4', 'foreign transaction');
  world.trace.add(world.scheduler.now, 'FOREIGN');
  await world.wallets.send(
    distribution,
    [{ type: 'payment', destination: impostor.publicKey, asset: { code: 'XLM', issuer: null }, amount: XLM }],
    {},
    world.operated,
  );
}

/** The disk is lost, and what comes back is a backup: everything since then is forgotten. */
async function restore(world: World, random: Random, span: number): Promise<void> {
  await world.scheduler.sleep(random.int(15_000, span / 2));
  const backup = world.file.backup();
  world.trace.add(world.scheduler.now, 'BACKUP');
  await world.scheduler.sleep(random.int(5_000, 90_000));
  world.trace.add(world.scheduler.now, 'RESTORE');
  world.faults.count('F18', 'restored from backup');
  world.restore(backup);
}
