import { Anchor } from './anchor.ts';
import { Check } from './check/index.ts';
import { playEvents } from './events.ts';
import type { Flow } from './flow.ts';
import { cast as castFlows } from './flows/index.ts';
import { SCENARIOS } from './flows/scenarios.ts';
import { Operator } from './operator.ts';
import type { CrashPlan } from './process.ts';
import { Random } from './random.ts';
import { template } from './template.ts';
import { World, type WorldOptions } from './world.ts';

export interface Outcome {
  seed: string;
  flows: number;
  faults: number;
  crashes: number;
  effects: number;
  counts: Map<string, number>;
  violations: string[];
  digest: string;
  tail: string[];
  /** simulated milliseconds */
  elapsedMs: number;
  steps: number;
  /** how many flows of each kind, and how many of them come through other SEPs or are exchanged */
  families: Record<string, number>;
}

export interface RunOptions {
  flows?: number | undefined;
  density?: number | undefined;
  verbose?: boolean | undefined;
  crashes?: CrashPlan | undefined;
  workers?: number | undefined;
  faultsMs?: number | undefined;
  /** scenarios by name, one flow each, in place of random ones */
  only?: readonly string[] | undefined;
  tamper?: WorldOptions['tamper'];
  lookup?: boolean | undefined;
  poll?: boolean | undefined;
  /** every run loses its database and goes on from a backup */
  restore?: boolean | undefined;
  /** what is drawn otherwise: transactions that expire soon, a distribution account that has too little */
  brief?: boolean | undefined;
  poor?: WorldOptions['poor'];
  /** nobody dawdles: users act at once and ledgers close every second */
  swift?: boolean | undefined;
  policy?: WorldOptions['policy'];
  channels?: number | undefined;
}

/** Time that everything may take once nothing goes wrong any more. */
const HEAL_MS = 40 * 60_000;
const LOOK_MS = 5_000;

/** One run from its seed: same seed, same everything. */
export async function runSeed(seed: string, options: RunOptions = {}): Promise<Outcome> {
  const made = await template();
  const random = new Random(`${seed}/run`);
  const density = options.density ?? 1;
  const faultsMs = options.faultsMs ?? 100_000;
  // crashes alone, or the rare run in which even the disk is lost
  const restoring =
    density > 0 && options.only === undefined && (random.chance(0.03) || options.restore === true);
  const lookup = options.lookup ?? random.chance(0.85);
  const world = new World(made, {
    seed,
    density,
    faultsMs,
    workers:
      options.workers ??
      random.weighted([
        [1, 3],
        [2, 5],
        [3, 2],
      ] as const),
    crashes:
      options.crashes ?? randomCrashes(random, density, () => world.scheduler.now < world.faults.until),
    verbose: options.verbose,
    lookup,
    // a bank that takes orders without paying them at once has to tell somehow when it did
    poll: options.poll ?? (!lookup || random.chance(0.6)),
    returns: random.chance(0.7),
    async: random.chance(0.8),
    channels:
      options.channels ??
      random.weighted([
        [0, 4],
        [1, 2],
        [3, 4],
      ] as const),
    policy: options.policy ?? {
      // what a forgotten deposit had paid would go back by itself: a person has to look first
      refunds: random.chance(0.5) && !restoring,
      wrongAmount: random.pick(['wait', 'end']),
      acceptLate: random.chance(0.3),
    },
    ledgerSeconds: options.swift ? 1 : 5,
    tamper: options.tamper,
    restoring,
    watched: random.fork('watched').chance(0.1),
    brief: options.brief ?? (options.only === undefined && density > 0 && random.chance(0.08)),
    poor:
      options.poor ??
      (density > 0 && options.only === undefined
        ? random.weighted([
            [null, 20],
            ['asset', 1],
            ['lumens', 1],
          ] as const)
        : null),
  });
  const check = new Check(world);
  const anchor = new Anchor(world);
  const flows = castFlows({ world, anchor }, random, options);
  try {
    anchor.start();
    for (const flow of flows) void flow.play();
    playEvents(world, random.fork('events'));
    void new Operator(world, anchor).work();
    await heal(
      world,
      check,
      flows.map((one) => one.flow),
    );
    check.end();
    return {
      seed,
      flows: world.flows.length,
      faults: faultsOf(world.faults.counts),
      crashes: world.crashes,
      effects: world.effects.count,
      counts: world.faults.counts,
      violations: world.violations,
      digest: world.trace.digest(),
      tail: world.trace.tail(),
      elapsedMs: world.scheduler.now - check.startedAt,
      steps: world.scheduler.steps,
      families: familiesOf(world.flows),
    };
  } finally {
    check.close();
    await world.end();
  }
}

/** Crashes are counted apart, and faults that struck together only once. */
function faultsOf(counts: Map<string, number>): number {
  let total = 0;
  for (const [name, count] of counts) if (!/^F(1|22) /.test(name)) total += count;
  return total;
}

function familiesOf(flows: readonly Flow[]): Record<string, number> {
  const families: Record<string, number> = {};
  const count = (family: string): void => {
    families[family] = (families[family] ?? 0) + 1;
  };
  for (const { scenario, sep, exchange } of flows) {
    count(SCENARIOS[scenario]?.family ?? scenario);
    if (sep !== '24') count(`of SEP-${sep}`);
    if (exchange !== null) count(exchange === 'quoted' ? 'with a firm quote' : 'at the price of the moment');
  }
  return families;
}

/** Runs until every flow has come to its end, or until it should have. */
async function heal(world: World, check: Check, flows: Flow[]): Promise<void> {
  const deadline = Math.max(world.faults.until, check.startedAt) + HEAL_MS;
  while (world.violations.length === 0) {
    await world.scheduler.run(() => false, world.scheduler.now + LOOK_MS);
    const healed =
      world.scheduler.now >= world.faults.until && (world.restored || flows.every((flow) => flow.done));
    if (healed && check.settled()) return;
    if (world.scheduler.now >= deadline) return;
  }
}

function randomCrashes(random: Random, density: number, active: () => boolean): CrashPlan {
  const dice = random.fork('crashes');
  let left = density === 0 ? 0 : dice.int(1, 8);
  const likely = dice.pick([0.02, 0.05, 0.15]);
  return (_effect, process) => {
    if (left === 0 || !active() || process.crashPending || !dice.chance(likely)) return null;
    left -= 1;
    return dice.pick(['before', 'lost', 'after'] as const);
  };
}
