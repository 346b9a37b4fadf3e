import { begin } from './api.ts';
import type { Script } from './deposits.ts';

/** The announced amount with the memo that was asked for. */
export const plainWithdrawal: Script = async (stage, flow, actor) => {
  const { world } = stage;
  await begin(stage, flow, { doubleSubmit: world.random.chance(0.1) });
  await world.scheduler.sleep(world.random.int(0, 30_000));
  await world.wallets.send(
    actor,
    [
      {
        type: 'payment',
        destination: flow.anchorAccount ?? '',
        asset: world.template.cast.asset,
        amount: flow.units,
      },
    ],
    { memo: { type: 'id', value: flow.paymentMemo ?? '' } },
  );
};
