// The two ways of paying that ours is held against, over our own client, database and network: each as its design has it, with
// nothing slow added.
import { isoTime } from '../src/kernel/clock.ts';
import { channelKey } from '../src/payments/pool.ts';
import { localKeys } from '../src/payments/signers/local.ts';
import { buildFeeBump, buildTransaction } from '../src/stellar/build.ts';
import type { KeyPair } from '../src/stellar/keys.ts';
import type { World } from './_payments.ts';

interface Owed {
  id: string;
  transaction_id: string | null;
  destination: string | null;
  amount_units: bigint;
}

async function owed(world: World, count: number): Promise<Owed[]> {
  return world.ctx.db.read
    .selectFrom('obligations')
    .select(['id', 'transaction_id', 'destination', 'amount_units'])
    .where('state', '=', 'owed')
    .orderBy('created_at')
    .limit(count)
    .execute();
}

async function paid(world: World, one: Owed, hash: string): Promise<void> {
  const at = isoTime(world.ctx.clock.now());
  await world.ctx.db.write(async (trx) => {
    await trx
      .updateTable('obligations')
      .set({ state: 'paid', paid_by: hash, updated_at: at })
      .where('id', '=', one.id)
      .execute();
    await trx
      .updateTable('transactions')
      .set({ status: 'completed', stellar_transaction_id: hash, updated_at: at, completed_at: at })
      .where('id', '=', one.transaction_id)
      .execute();
  });
}

/** One payment of a source: looks at destination and source, signs, keeps the envelope, submits and waits for the ledger. */
async function payOne(
  world: World,
  one: Owed,
  source: KeyPair,
  payer: KeyPair,
  bumped: boolean,
): Promise<number> {
  const { ctx, asset } = world;
  if (!bumped) await ctx.network.account(one.destination ?? '');
  const account = await ctx.network.account(source.publicKey);
  if ('missing' in account) throw new Error('no source');
  const inner = await buildTransaction({
    passphrase: ctx.network.passphrase,
    source: source.publicKey,
    sequence: account.sequence + 1n,
    feePerOperation: 100n,
    operations: [
      {
        type: 'payment',
        source: payer.publicKey,
        destination: one.destination ?? '',
        asset,
        amount: one.amount_units,
      },
    ],
    maxTime: 0,
    maxLedger: account.ledger + 100,
    signers: source === payer ? [payer] : [source, payer],
  });
  const signed = bumped
    ? await buildFeeBump({
        passphrase: ctx.network.passphrase,
        innerXdr: inner.xdr,
        feeSource: payer.publicKey,
        feePerOperation: 100n,
        signers: [payer],
      })
    : inner;
  await ctx.db.read
    .updateTable('transactions')
    .set({ message: signed.hash })
    .where('id', '=', one.transaction_id)
    .execute();
  const answer = await ctx.network.submit(signed.xdr);
  if (answer.status !== 'applied' || !answer.successful)
    throw new Error(`refused: ${JSON.stringify(answer)}`);
  await paid(world, one, signed.hash);
  return answer.ledger;
}

export interface Baseline {
  payments: number;
  ledgers: number;
  /** milliseconds */
  wall: number;
  /** milliseconds of processor time */
  cpu: number;
  requests: number;
}

async function measured(world: World, work: () => Promise<number[]>): Promise<Baseline> {
  world.requests();
  const start = performance.now();
  const before = process.cpuUsage();
  const ledgers = await work();
  const used = process.cpuUsage(before);
  return {
    payments: ledgers.length,
    ledgers: Math.max(...ledgers) - Math.min(...ledgers) + 1,
    wall: performance.now() - start,
    cpu: (used.user + used.system) / 1000,
    requests: world.requests(),
  };
}

const payerOf = async (world: World): Promise<KeyPair> => {
  const [pair] = await localKeys(world.ctx, world.distribution.publicKey);
  if (pair === undefined) throw new Error('no key');
  return pair;
};

/** Django Polaris: one consumer, one payment after the other, each waited for. */
export async function serial(world: World, count: number): Promise<Baseline> {
  const payer = await payerOf(world);
  return measured(world, async () => {
    const ledgers: number[] = [];
    for (const one of await owed(world, count)) ledgers.push(await payOne(world, one, payer, payer, false));
    return ledgers;
  });
}

/** The Disbursement Platform: every channel carries one fee-bumped payment at a time. Its pause of six seconds is left out. */
export async function onePerChannel(world: World, count: number, channels: number): Promise<Baseline> {
  const payer = await payerOf(world);
  const rows = await world.ctx.db.read
    .selectFrom('keys')
    .selectAll()
    .where('purpose', '=', 'channel')
    .limit(channels)
    .execute();
  return measured(world, async () => {
    const queue = await owed(world, count);
    const ledgers: number[] = [];
    const lane = async (source: KeyPair): Promise<void> => {
      for (let one = queue.shift(); one !== undefined; one = queue.shift()) {
        ledgers.push(await payOne(world, one, source, payer, true));
      }
    };
    await Promise.all(rows.map((row) => lane(channelKey(world.ctx, row))));
    return ledgers;
  });
}
