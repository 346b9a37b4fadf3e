import type { Selectable, Updateable } from 'kysely';
import type { Queries } from '../database/port.ts';
import type { SendState, SendsTable } from '../database/schema.ts';
import { isoTime } from '../kernel/clock.ts';
import { AnchorError, badInput, notFound } from '../kernel/errors.ts';
import { type AnchorContext, type AssetRow, allAssets, checkLimits } from '../transfers/index.ts';
import { type CheckedRequest, sealRequest } from './request.ts';

export type SendRow = Selectable<SendsTable>;

/** Others leave a payment alone while one looks after it; a crash gives it back after this. */
export const CLAIM_MS = 120_000;

const ENDS: readonly SendState[] = ['completed', 'refunded', 'failed'];

/** Our asset by code. @throws ASSET_UNSUPPORTED (400) none, or several */
async function assetFor(ctx: AnchorContext, code: string): Promise<AssetRow> {
  const [asset, another] = [...(await allAssets(ctx.db.read)).values()].filter((one) => one.code === code);
  if (asset === undefined || another !== undefined || !asset.deposit_enabled) {
    throw badInput(
      'SEND_INVALID',
      `There is no asset ${code} here that can be paid in, or more than one.`,
      'See: anchor assets',
    );
  }
  return asset;
}

/**
 * Writes a new payment down, or finds the one that was asked for under this key before.
 *
 * @throws SEND_KEY_TAKEN (409) the key is another payment's; ASSET_UNSUPPORTED, AMOUNT_* (400)
 */
export async function writeSend(ctx: AnchorContext, request: CheckedRequest): Promise<SendRow> {
  const known = await byKey(ctx.db.read, request.key);
  if (known !== undefined) return same(known, request);
  const asset = await assetFor(ctx, request.asset);
  checkLimits(asset, 'deposit', request.amountUnits);
  const id = ctx.ids.uuid();
  const at = isoTime(ctx.clock.now());
  return ctx.db.write(async (trx) => {
    const row = await trx
      .insertInto('sends')
      .values({
        id,
        idempotency_key: request.key,
        digest: request.digest,
        state: 'preparing',
        home: request.home,
        asset_id: asset.id,
        amount_units: request.amountUnits,
        request: sealRequest(ctx, id, request.details),
        // whoever asked for it takes it on at once; after a crash the job does
        not_before_at: isoTime(ctx.clock.now() + CLAIM_MS),
        created_at: at,
        updated_at: at,
      })
      .onConflict((conflict) => conflict.column('idempotency_key').doNothing())
      .returningAll()
      .executeTakeFirst();
    if (row === undefined) {
      const other = await byKey(trx, request.key);
      return same(other as SendRow, request);
    }
    await note(trx, row.id, at, 'preparing', 'asked for');
    return row;
  });
}

const byKey = (db: Queries, key: string): Promise<SendRow | undefined> =>
  db.selectFrom('sends').selectAll().where('idempotency_key', '=', key).executeTakeFirst();

function same(row: SendRow, request: CheckedRequest): SendRow {
  if (row.digest === request.digest) return row;
  throw new AnchorError({
    code: 'SEND_KEY_TAKEN',
    message: `The key ${request.key} is that of another payment.`,
    hint: 'A payment of its own needs a key of its own.',
    httpStatus: 409,
  });
}

/** By id or key. @throws SEND_NOT_FOUND (404) */
export async function findSend(ctx: Pick<AnchorContext, 'db'>, idOrKey: string): Promise<SendRow> {
  const row = await ctx.db.read
    .selectFrom('sends')
    .selectAll()
    .where(({ eb, or }) => or([eb('id', '=', idOrKey), eb('idempotency_key', '=', idOrKey)]))
    .executeTakeFirst();
  if (row === undefined)
    throw notFound('SEND_NOT_FOUND', 'There is no such payment.', 'See: anchor send list');
  return row;
}

/** Columns that a change may write. */
export type SendChange = Omit<
  Updateable<SendsTable>,
  'id' | 'version' | 'state' | 'updated_at' | 'ended_at'
> & {
  state?: SendState;
};

/**
 * Changes a payment by compare-and-set on its version; a new state gets a line in its history.
 *
 * @throws SEND_MOVED (409) someone else was faster
 */
export async function changeSend(
  ctx: Pick<AnchorContext, 'clock'>,
  trx: Queries,
  row: SendRow,
  change: SendChange,
  reason?: string,
): Promise<SendRow> {
  const at = isoTime(ctx.clock.now());
  const state = change.state ?? row.state;
  const moved = state !== row.state;
  const changed = await trx
    .updateTable('sends')
    .set({
      ...change,
      version: row.version + 1,
      ...(moved ? { updated_at: at } : {}),
      ...(moved && ENDS.includes(state) ? { ended_at: at } : {}),
    })
    .where('id', '=', row.id)
    .where('version', '=', row.version)
    .returningAll()
    .executeTakeFirst();
  if (changed === undefined) {
    throw new AnchorError({
      code: 'SEND_MOVED',
      message: `Payment ${row.id} was changed by someone else.`,
      httpStatus: 409,
    });
  }
  if (moved || reason !== undefined) await note(trx, row.id, at, state, reason ?? state);
  return changed;
}

async function note(trx: Queries, id: string, at: string, state: string, reason: string): Promise<void> {
  await trx.insertInto('send_history').values({ send_id: id, at, state, reason }).execute();
}

export const isSendMoved = (error: unknown): boolean => AnchorError.is(error) && error.code === 'SEND_MOVED';
