import { joinMuxed } from '../../../src/kernel/strkey.ts';
import type { Operation } from '../../../src/stellar/build.ts';
import type { Flow } from '../flow.ts';
import type { Pair } from '../template.ts';
import { begin, type Stage, type Start } from './api.ts';

export type Script = (stage: Stage, flow: Flow, actor: Pair) => Promise<void>;

const wait = ({ world }: Stage, from: number, to: number): Promise<void> =>
  world.scheduler.sleep(world.random.int(from, to));

/** The user pays at the bank, now or a little later. */
function pay({ world }: Stage, flow: Flow, units = flow.units, reference = flow.reference): void {
  world.bank.receive(flow.name, units, reference, world.random.int(0, 20_000));
}

async function beginAndPay(stage: Stage, flow: Flow, options: Start = {}): Promise<void> {
  const { world } = stage;
  const doubleSubmit = flow.sep === '24' && world.random.chance(0.1);
  if (doubleSubmit) world.faults.count('F18', 'the last form twice');
  await begin(stage, flow, { doubleSubmit, ...options });
  await wait(stage, 0, 30_000);
  pay(stage, flow);
}

const cents = (units: bigint): bigint => units - (units % 100_000n);

const trust = ({ world }: Stage, limit?: bigint): Operation => ({
  type: 'changeTrust',
  asset: world.template.cast.asset,
  ...(limit === undefined ? {} : { limit }),
});

/** To an account with a trustline; the bank's credit is exact. */
export const plain: Script = (stage, flow) => beginAndPay(stage, flow);

/** A little more or less than announced is taken. */
export const tolerated: Script = async (stage, flow) => {
  await begin(stage, flow);
  const percent = BigInt(stage.world.random.pick([91, 95, 99, 101, 108, 110]));
  pay(stage, flow, cents((flow.units * percent) / 100n));
};

/** The reference as people copy it. */
export const sloppyReference: Script = async (stage, flow) => {
  await begin(stage, flow);
  const text = (flow.reference ?? '').toLowerCase();
  pay(stage, flow, flow.units, ` ${text.slice(0, 4)}-${text.slice(4)} `);
};

/** The trustline comes after the money. */
export const trustLater: Script = async (stage, flow, actor) => {
  await beginAndPay(stage, flow);
  stage.world.faults.count('F11', 'no trustline');
  await wait(stage, 5_000, 90_000);
  await stage.world.wallets.send(actor, [trust(stage)]);
};

export const trustNever: Script = async (stage, flow) => {
  stage.world.faults.count('F11', 'no trustline ever');
  await beginAndPay(stage, flow);
};

/** The account comes from us, the trustline from the user when the account is there. */
export const opened: Script = async (stage, flow, actor) => {
  const { world } = stage;
  world.faults.count('F11', 'no account');
  await beginAndPay(stage, flow);
  await trustWhenThere(stage, actor);
};

async function trustWhenThere(stage: Stage, actor: Pair): Promise<void> {
  const { world } = stage;
  for (;;) {
    if (world.network.sandbox.ledger.account(actor.publicKey) !== undefined) break;
    await wait(stage, 4_000, 8_000);
    if (!world.closing) return;
  }
  await wait(stage, 0, 30_000);
  await world.wallets.send(actor, [trust(stage)]);
}

export const claimable: Script = (stage, flow) => {
  stage.world.faults.count('F11', 'claimable');
  return beginAndPay(stage, flow, { claimable: true });
};

/** No room on the trustline until the user makes some. */
export const lineFull: Script = async (stage, flow, actor) => {
  const { world } = stage;
  const line = world.network.sandbox.ledger.trustline(actor.publicKey, world.assetKey);
  await world.wallets.send(actor, [trust(stage, (line?.balance ?? 0n) + 1n)]);
  world.faults.count('F11', 'line full');
  await beginAndPay(stage, flow);
  await wait(stage, 5_000, 90_000);
  await world.wallets.send(actor, [trust(stage)]);
};

/** The issuer freezes the trustline for a while, maybe between our look and our payment. */
export const frozen: Script = async (stage, flow, actor) => {
  const { world } = stage;
  const { issuer, asset } = world.template.cast;
  const set = (authorized: boolean): Operation => ({
    type: 'setTrustLineFlags',
    trustor: actor.publicKey,
    asset,
    authorized,
  });
  await begin(stage, flow);
  pay(stage, flow);
  await wait(stage, 0, 25_000);
  world.faults.count('F11', 'frozen');
  await world.wallets.send(issuer, [set(false)]);
  await wait(stage, 10_000, 60_000);
  await world.wallets.send(issuer, [set(true)]);
};

/**
 * Two deposits of one user, told apart by muxed ids. The first one has shown that the account can be paid; the issuer freezes its
 * trustline before the second, which may travel with others without a look.
 */
export const again: Script = async (stage, flow, actor) => {
  const { world } = stage;
  const { issuer, asset } = world.template.cast;
  const set = (authorized: boolean): Operation => ({
    type: 'setTrustLineFlags',
    trustor: actor.publicKey,
    asset,
    authorized,
  });
  flow.account = joinMuxed(actor.publicKey, '1');
  const second: Flow = { ...flow, name: `${flow.name}.2`, account: joinMuxed(actor.publicKey, '2') };
  world.flows.push(second);
  await beginAndPay(stage, flow);
  await begin(stage, second);
  await wait(stage, 15_000, 60_000);
  world.faults.count('F11', 'frozen after a payment');
  await world.wallets.send(issuer, [set(false)]);
  pay(stage, second);
  await wait(stage, 20_000, 60_000);
  await world.wallets.send(issuer, [set(true)]);
  second.done = true;
};

/** The trustline, or the whole account, goes away between our look and our payment. */
export const merged: Script = async (stage, flow, actor) => {
  const { world } = stage;
  await world.wallets.send(actor, [trust(stage)]);
  await begin(stage, flow);
  pay(stage, flow);
  await wait(stage, 0, 25_000);
  world.faults.count('F11', 'merged');
  const destination = world.wallets.root.publicKey;
  await world.wallets.send(actor, [trust(stage, 0n), { type: 'accountMerge', destination }]);
  await trustWhenThere(stage, actor);
};

/** Far too little; nothing more comes. */
export const short: Script = async (stage, flow) => {
  await begin(stage, flow);
  stage.world.faults.count('F16', 'credit short');
  pay(stage, flow, cents((flow.units * BigInt(stage.world.random.pick([10, 50, 89]))) / 100n));
};

export const over: Script = async (stage, flow) => {
  await begin(stage, flow);
  stage.world.faults.count('F16', 'credit over');
  pay(stage, flow, cents((flow.units * BigInt(stage.world.random.pick([112, 200, 1_000]))) / 100n));
};

/** Without a reference, or with one that nobody has; then maybe the right one. */
export const misnamed: Script = async (stage, flow) => {
  await begin(stage, flow);
  const { random } = stage.world;
  stage.world.faults.count('F16', 'credit without reference');
  pay(stage, flow, flow.units, random.pick([null, '', 'RENT MAY', 'ZZZZZZZZ']));
};

/** Paid twice. */
export const duplicate: Script = async (stage, flow) => {
  await begin(stage, flow);
  stage.world.faults.count('F16', 'credit twice');
  pay(stage, flow);
  await wait(stage, 0, 20_000);
  pay(stage, flow);
};

/** First too little, then the right amount. */
export const shortThenExact: Script = async (stage, flow) => {
  await begin(stage, flow);
  stage.world.faults.count('F16', 'credit short');
  pay(stage, flow, cents(flow.units / 2n));
  await wait(stage, 0, 20_000);
  pay(stage, flow);
};

/** The bank's amount is no amount. */
export const unreadable: Script = async (stage, flow) => {
  const { world } = stage;
  await begin(stage, flow);
  world.faults.count('F16', 'credit unreadable');
  const text = world.random.pick(['NaN', '-5', '1e9', '', '12,50', '99999999999999999999999999']);
  world.bank.receive(flow.name, flow.units, flow.reference, 0, text);
};

/** After the deposit has expired. */
export const late: Script = async (stage, flow) => {
  await begin(stage, flow);
  stage.world.faults.count('F16', 'credit late');
  await stage.world.scheduler.sleep(stage.world.expireMs + 90_000);
  pay(stage, flow);
};
