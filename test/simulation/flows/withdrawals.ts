import type { Memo } from '../../../src/kernel/memos.ts';
import { joinMuxed } from '../../../src/kernel/strkey.ts';
import type { Operation } from '../../../src/stellar/build.ts';
import type { Flow } from '../flow.ts';
import { HALF } from '../market.ts';
import { XLM } from '../template.ts';
import { begin, type Stage } from './api.ts';
import type { Script } from './deposits.ts';

const wait = ({ world }: Stage, from: number, to: number): Promise<void> =>
  world.scheduler.sleep(world.random.int(from, to));

const memoOf = (flow: Flow): Memo => ({ type: 'id', value: flow.paymentMemo ?? '' });

const payment = (
  { world }: Stage,
  flow: Flow,
  more: Partial<Operation & { amount: bigint }> = {},
): Operation =>
  ({
    type: 'payment',
    destination: flow.anchorAccount ?? '',
    asset: world.template.cast.asset,
    amount: flow.units,
    ...more,
  }) as Operation;

async function started(stage: Stage, flow: Flow): Promise<void> {
  const { world } = stage;
  const doubleSubmit = flow.sep === '24' && world.random.chance(0.1);
  if (doubleSubmit) world.faults.count('F18', 'the last form twice');
  await begin(stage, flow, { doubleSubmit });
  await wait(stage, 0, 30_000);
}

/** The announced amount with the memo that was asked for. */
export const plain: Script = async (stage, flow, actor) => {
  await started(stage, flow);
  await stage.world.wallets.send(actor, [payment(stage, flow)], { memo: memoOf(flow) });
};

const muxed = (flow: Flow): string => joinMuxed(flow.anchorAccount ?? '', flow.paymentMemo ?? '0');

/** To a muxed address of ours, with or without a memo that says the same. */
export const toMuxed: Script = async (stage, flow, actor) => {
  await started(stage, flow);
  const memo = stage.world.random.chance(0.3) ? memoOf(flow) : null;
  stage.world.faults.count('F10', 'muxed');
  await stage.world.wallets.send(actor, [payment(stage, flow, { destination: muxed(flow) } as never)], {
    memo,
  });
};

export const tolerated: Script = async (stage, flow, actor) => {
  await started(stage, flow);
  const amount = (flow.units * BigInt(stage.world.random.pick([90, 93, 100, 107, 110]))) / 100n;
  await stage.world.wallets.send(actor, [payment(stage, flow, { amount })], { memo: memoOf(flow) });
};

/** A path payment: what counts is what arrived. */
export const byPath: Script = async (stage, flow, actor) => {
  const { world } = stage;
  const { asset } = world.template.cast;
  await started(stage, flow);
  world.faults.count('F10', 'path payment');
  const destination = flow.anchorAccount ?? '';
  // out of XLM the market makes twice as much of the asset
  const [sendAsset, price] = world.random.chance(0.5) ? [asset, 1n] : [{ code: 'XLM', issuer: null }, HALF];
  const operation: Operation = world.random.chance(0.5)
    ? {
        type: 'pathPaymentStrictSend',
        sendAsset,
        sendAmount: flow.units / price,
        destination,
        asset,
        minimum: 1n,
      }
    : {
        type: 'pathPaymentStrictReceive',
        sendAsset,
        maximum: flow.units / price,
        destination,
        asset,
        amount: flow.units,
      };
  await world.wallets.send(actor, [operation], { memo: memoOf(flow) });
};

/** The memo stands on the inner transaction of a fee bump. */
export const bumped: Script = async (stage, flow, actor) => {
  const { world } = stage;
  await started(stage, flow);
  world.faults.count('F10', 'fee bump');
  await world.wallets.send(actor, [payment(stage, flow)], {
    memo: memoOf(flow),
    bumpedBy: world.wallets.root,
  });
};

/** Paid, and beside it another operation in the same transaction. */
export const crowded: Script = async (stage, flow, actor) => {
  const { world } = stage;
  await started(stage, flow);
  world.faults.count('F10', 'many operations');
  const others: Operation[] = Array.from({ length: world.random.int(1, 12) }, (_, i) => ({
    type: 'payment',
    // an account that no other flow merges away
    destination: world.template.cast.impostor.publicKey,
    asset: { code: 'XLM', issuer: null },
    amount: BigInt(i + 1),
  }));
  const operations = [...others, payment(stage, flow)];
  await world.wallets.send(actor, world.random.shuffled(operations), { memo: memoOf(flow) });
};

const wrongAmount =
  (name: string, percents: number[]): Script =>
  async (stage, flow, actor) => {
    await started(stage, flow);
    stage.world.faults.count('F10', name);
    const amount = (flow.units * BigInt(stage.world.random.pick(percents))) / 100n;
    await stage.world.wallets.send(actor, [payment(stage, flow, { amount })], { memo: memoOf(flow) });
  };

export const under = wrongAmount('under', [1, 50, 89]);
export const over = wrongAmount('over', [112, 300]);

/** No memo, a wrong one, the right digits of another type, or a memo and a muxed id that differ. */
export const misnamed: Script = async (stage, flow, actor) => {
  const { world } = stage;
  await started(stage, flow);
  const digits = flow.paymentMemo ?? '0';
  const [name, memo, destination] = world.random.pick<[string, Memo | null, string]>([
    ['no memo', null, flow.anchorAccount ?? ''],
    ['wrong memo', { type: 'id', value: (BigInt(digits) + 1n).toString() }, flow.anchorAccount ?? ''],
    ['text memo', { type: 'text', value: digits }, flow.anchorAccount ?? ''],
    [
      'hash memo',
      { type: 'hash', value: BigInt(digits).toString(16).padStart(64, '0') },
      flow.anchorAccount ?? '',
    ],
    ['memo and muxed', { type: 'id', value: '7' }, muxed(flow)],
    ['wrong muxed id', null, joinMuxed(flow.anchorAccount ?? '', '12345')],
  ]);
  world.faults.count('F10', name);
  await world.wallets.send(actor, [payment(stage, flow, { destination } as never)], { memo });
};

/** The same code of another issuer, or lumens. */
export const wrongAsset: Script = async (stage, flow, actor) => {
  const { world } = stage;
  await started(stage, flow);
  const fake = world.random.chance(0.5);
  world.faults.count('F10', fake ? 'wrong issuer' : 'lumens');
  const asset = fake ? world.template.cast.fake : { code: 'XLM', issuer: null };
  await world.wallets.send(actor, [payment(stage, flow, { asset } as never)], { memo: memoOf(flow) });
};

/** A transaction that fails in a ledger brings nothing; afterwards the real one. */
export const failedFirst: Script = async (stage, flow, actor) => {
  const { world } = stage;
  await started(stage, flow);
  world.faults.count('F10', 'failed transaction');
  await world.wallets.send(actor, [payment(stage, flow), payment(stage, flow, { amount: 10n ** 15n })], {
    memo: memoOf(flow),
  });
  if (flow.expect !== 'completed') return;
  await world.wallets.send(actor, [payment(stage, flow)], { memo: memoOf(flow) });
};

/** Paid twice: in two transactions, or twice in one. */
export const duplicate: Script = async (stage, flow, actor) => {
  const { world } = stage;
  await started(stage, flow);
  world.faults.count('F10', 'paid twice');
  if (world.random.chance(0.5)) {
    await world.wallets.send(actor, [payment(stage, flow), payment(stage, flow)], { memo: memoOf(flow) });
    return;
  }
  await world.wallets.send(actor, [payment(stage, flow)], { memo: memoOf(flow) });
  await wait(stage, 0, 20_000);
  await world.wallets.send(actor, [payment(stage, flow)], { memo: memoOf(flow) });
};

/** A whole account is merged into ours, with the memo. */
export const mergedIn: Script = async (stage, flow, actor) => {
  const { world } = stage;
  await started(stage, flow);
  world.faults.count('F10', 'account merge');
  await world.wallets.send(actor, [{ type: 'accountMerge', destination: flow.anchorAccount ?? '' }], {
    memo: memoOf(flow),
  });
};

export const late: Script = async (stage, flow, actor) => {
  const { world } = stage;
  await begin(stage, flow);
  world.faults.count('F10', 'late');
  await world.scheduler.sleep(world.expireMs + 90_000);
  await world.wallets.send(actor, [payment(stage, flow)], { memo: memoOf(flow) });
};

/** One transaction pays several withdrawals of one user, each by its muxed address. */
export const batch: Script = async (stage, flow, actor) => {
  const { world } = stage;
  const flows = [flow];
  for (let i = 1; i < 3; i++) {
    const more: Flow = { ...flow, name: `${flow.name}.${i}`, units: flow.units + BigInt(i) * XLM };
    world.flows.push(more);
    flows.push(more);
  }
  for (const one of flows) await begin(stage, one);
  world.faults.count('F10', 'one transaction, many withdrawals');
  const operations = flows.map((one) => payment(stage, one, { destination: muxed(one) } as never));
  await world.wallets.send(actor, operations);
  for (const one of flows) one.done = true;
};
