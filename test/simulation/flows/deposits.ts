import type { Flow } from '../flow.ts';
import type { Pair } from '../template.ts';
import { begin, type Stage } from './api.ts';

export type Script = (stage: Stage, flow: Flow, actor: Pair) => Promise<void>;

const pay = ({ world }: Stage, flow: Flow, units = flow.units): void => {
  world.bank.receive(flow.name, units, flow.reference, world.random.int(0, 20_000));
};

/** To an account with a trustline; the bank's credit is exact. */
export const plainDeposit: Script = async (stage, flow) => {
  await begin(stage, flow, { doubleSubmit: stage.world.random.chance(0.1) });
  await stage.world.scheduler.sleep(stage.world.random.int(0, 30_000));
  pay(stage, flow);
};
