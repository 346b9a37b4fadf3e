import {
  type AnchorContext,
  createTransaction,
  submitInteractive,
  type TransactionRow,
} from '../../../src/transfers/index.ts';
import type { Anchor } from '../anchor.ts';
import type { Flow } from '../flow.ts';
import type { World } from '../world.ts';
import { request } from './requests.ts';

export interface Stage {
  world: World;
  anchor: Anchor;
}

/** The anchor has lost the transaction together with its database: the user gives up. */
export class Forgotten extends Error {}

export interface Start {
  claimable?: boolean;
  /** sends the last form twice at once */
  doubleSubmit?: boolean;
}

const read = (ctx: AnchorContext, id: string): Promise<TransactionRow | undefined> =>
  ctx.db.read.selectFrom('transactions').selectAll().where('id', '=', id).executeTakeFirst();

/** Asks for the transaction, and notes what the user is told. */
export async function begin(stage: Stage, flow: Flow, options: Start = {}): Promise<void> {
  await (flow.sep === '24' ? throughPages(stage, flow, options) : directly(stage, flow));
}

/** In one request: what the user has to do comes with its answer. */
async function directly({ world, anchor }: Stage, flow: Flow): Promise<void> {
  const { answered, row } = await anchor.insist(async (ctx) => {
    const answered = await request(ctx, world, flow);
    return { answered, row: await read(ctx, answered.id) };
  });
  flow.id = answered.id;
  flow.reference = row?.reference ?? null;
  flow.anchorAccount = answered.account;
  flow.paymentMemo = answered.memo;
  flow.promised = answered.promised;
}

async function throughPages({ world, anchor }: Stage, flow: Flow, options: Start): Promise<void> {
  const owner = flow.account;
  const made = await anchor.insist((ctx) =>
    ctx.db.write((trx) =>
      createTransaction(ctx, trx, {
        sep: '24',
        kind: flow.kind,
        assetId: world.template.assetId,
        owner,
        subject: owner,
        account: flow.account,
        memo: flow.memo,
        claimableBalanceSupported: options.claimable ?? false,
      }),
    ),
  );
  flow.id = made.id;
  await world.scheduler.sleep(world.random.int(100, 5_000));
  const send = (): Promise<TransactionRow> =>
    anchor.insist(async (ctx) => {
      const row = await read(ctx, made.id);
      if (row === undefined && world.restored) throw new Forgotten();
      if (row === undefined) throw new Error(`the transaction ${made.id} is gone`);
      if (row.status !== 'incomplete') return row;
      return submitInteractive(ctx, row, { amountUnits: flow.units, fields: { first_name: 'Ada' } });
    });
  const sent = options.doubleSubmit ? (await Promise.all([send(), send()]))[0] : await send();
  flow.reference = sent.reference;
  flow.anchorAccount = sent.anchor_account;
  flow.paymentMemo = sent.memo;
}
