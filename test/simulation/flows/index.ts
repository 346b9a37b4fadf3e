import type { Memo } from '../../../src/kernel/memos.ts';
import { joinMuxed } from '../../../src/kernel/strkey.ts';
import type { Flow } from '../flow.ts';
import type { Random } from '../random.ts';
import { type Pair, XLM } from '../template.ts';
import type { World } from '../world.ts';
import { Forgotten, type Stage } from './api.ts';
import { SCENARIOS, type Scenario } from './scenarios.ts';

export interface Playing {
  flow: Flow;
  play(): Promise<void>;
}

export interface CastOptions {
  flows?: number | undefined;
  /** scenarios by name, one flow each */
  only?: readonly string[] | undefined;
  /** they begin at once */
  swift?: boolean | undefined;
}

/** The flows of one run. Every one has a user of its own: so the ledger tells them apart. */
export function cast(stage: Stage, random: Random, options: CastOptions): Playing[] {
  const { world } = stage;
  const pool = Object.entries(SCENARIOS).filter(([, one]) => !one.brief || world.brief);
  const names =
    options.only ??
    Array.from({ length: options.flows ?? random.int(19, 22) }, () =>
      random.weighted(pool.map(([name, one]) => [name, one.weight] as const)),
    );
  const free = {
    rich: random.shuffled(world.template.cast.rich),
    bare: random.shuffled(world.template.cast.bare),
    absent: random.shuffled(world.template.cast.absent),
  };
  return names.flatMap((name, index) => {
    const scenario = SCENARIOS[name];
    const actor = scenario && free[scenario.role].pop();
    if (scenario === undefined || actor === undefined) return [];
    const flow = flowOf(world, name, index, scenario, actor, random);
    world.flows.push(flow);
    return [
      { flow, play: () => play(stage, flow, scenario, actor, options.swift ? 0 : random.int(0, 45_000)) },
    ];
  });
}

function flowOf(
  world: World,
  name: string,
  index: number,
  scenario: Scenario,
  actor: Pair,
  random: Random,
): Flow {
  const muxed = scenario.memo === true && random.chance(0.15);
  const memo = scenario.memo === true && !muxed && random.chance(0.3) ? memoOf(random) : null;
  return {
    name: `${name} #${index}`,
    kind: scenario.kind,
    scenario: name,
    account: muxed ? joinMuxed(actor.publicKey, String(random.uint32())) : actor.publicKey,
    memo,
    units: BigInt(20 + index) * XLM + BigInt(random.int(1, 9)) * 100_000n,
    sep: scenario.sep ?? '24',
    exchange: scenario.exchange ?? null,
    promised: null,
    refundMemo: scenario.refundMemo
      ? random.pick<Memo>([
          { type: 'text', value: `back ${index}` },
          { type: 'id', value: `900${index}` },
        ])
      : null,
    expect:
      scenario.returned === true && world.policy.refunds
        ? 'returned'
        : scenario.endsWithWrong === true && world.policy.wrongAmount === 'end'
          ? 'any'
          : scenario.expect,
    id: null,
    reference: null,
    anchorAccount: null,
    paymentMemo: null,
    done: false,
  };
}

function memoOf(random: Random): Memo {
  return random.pick<Memo>([
    { type: 'id', value: '18446744073709551615' },
    { type: 'id', value: String(random.uint32()) },
    { type: 'text', value: 'Grüße 42' },
    { type: 'hash', value: 'ab'.repeat(32) },
  ]);
}

async function play(
  stage: Stage,
  flow: Flow,
  scenario: Scenario,
  actor: Pair,
  delayMs: number,
): Promise<void> {
  const { world } = stage;
  await world.scheduler.sleep(delayMs);
  try {
    await scenario.script(stage, flow, actor);
  } catch (error) {
    if (error instanceof Forgotten) flow.expect = 'any';
    else {
      const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
      world.violation(`X2 the user of ${flow.name} was left alone: ${what}`);
    }
  }
  flow.done = true;
}
