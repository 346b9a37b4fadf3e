import type { Flow } from '../flow.ts';
import type { Random } from '../random.ts';
import { type Pair, XLM } from '../template.ts';
import type { Stage } from './api.ts';
import { plainDeposit, type Script } from './deposits.ts';
import { plainWithdrawal } from './withdrawals.ts';

interface Scenario {
  kind: Flow['kind'];
  weight: number;
  /** what kind of account the user has */
  role: 'rich' | 'bare' | 'absent';
  expect: Flow['expect'];
  script: Script;
}

export const SCENARIOS: Record<string, Scenario> = {
  deposit: { kind: 'deposit', weight: 10, role: 'rich', expect: 'completed', script: plainDeposit },
  withdrawal: { kind: 'withdrawal', weight: 10, role: 'rich', expect: 'completed', script: plainWithdrawal },
};

export interface Playing {
  flow: Flow;
  play(): Promise<void>;
}

/** The flows of one run. Every one has a user of its own and an amount that no other has: so the ledger tells them apart. */
export function cast(
  stage: Stage,
  random: Random,
  options: { flows?: number | undefined; only?: readonly string[] | undefined },
): Playing[] {
  const { world } = stage;
  const names =
    options.only ??
    Array.from({ length: options.flows ?? random.int(16, 26) }, () =>
      random.weighted(Object.entries(SCENARIOS).map(([name, one]) => [name, one.weight] as const)),
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
    const flow: Flow = {
      name: `${name}#${index}`,
      kind: scenario.kind,
      scenario: name,
      account: actor.publicKey,
      memo: null,
      units: BigInt(20 + index) * XLM + BigInt(random.int(1, 9)) * 100_000n,
      expect: scenario.expect,
      id: null,
      reference: null,
      anchorAccount: null,
      paymentMemo: null,
      done: false,
    };
    world.flows.push(flow);
    return [{ flow, play: () => play(stage, flow, scenario, actor, random.int(0, 45_000)) }];
  });
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
    world.violation(
      `X2 the user of ${flow.name} was left alone: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  flow.done = true;
}
