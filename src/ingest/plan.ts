import { selectIn } from '../database/bulk.ts';
import { isoTime } from '../kernel/clock.ts';
import { AnchorError, messageOf } from '../kernel/errors.ts';
import { clawedBack, type Delivery, deliveriesTo } from '../stellar/incoming.ts';
import { isGarbled } from '../stellar/json.ts';
import type { NetworkOperation } from '../stellar/port.ts';
import { allAssets, keyOf } from '../transfers/assets.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { creditFeeOrReason } from '../transfers/credit.ts';
import type { Fee } from '../transfers/fees.ts';
import type { SuspenseReason } from '../transfers/matching.ts';
import { ownAccounts } from '../transfers/refund-terms.ts';
import { type AssetRow, FUNDED_COLUMNS, type FundedRow } from '../transfers/rows.ts';
import { classify, matchKey, type Ours } from './classify.ts';

/** How far our clock may be ahead of the ledger's. */
const SKEW_MS = 600_000;

/** One delivery with what is to become of it. `id` is the operation's, with a suffix where one operation delivered several times. */
export type DeliveryPlan = { delivery: Delivery; id: string } & (
  | { bucket: 'matched'; row: FundedRow; fee: Fee }
  /** too far from the announced amount: the withdrawal ends with it */
  | { bucket: 'matched'; row: FundedRow; ends: 'too_small' | 'too_large' }
  | { bucket: 'suspense'; reason: SuspenseReason; transactionId: string | null }
  | { bucket: 'internal'; reason: string }
);

/** An operation that cannot be understood is kept as a row of its own, and never stops the others. */
export interface Unreadable {
  operation: NetworkOperation;
  error: string;
}

/** Money that left our account without our key. */
export interface Taken {
  operation: NetworkOperation;
  /** CODE:ISSUER */
  asset: string;
  /** stroops */
  amount: bigint;
}

export interface Read {
  deliveries: Delivery[];
  unreadable: Unreadable[];
  taken: Taken[];
}

/** @throws NETWORK_UNAVAILABLE where a second reading is needed and fails: the page is read again later */
export async function readDeliveries(
  ctx: AnchorContext,
  account: string,
  operations: NetworkOperation[],
): Promise<Read> {
  const deliveries: Delivery[] = [];
  const unreadable: Unreadable[] = [];
  const taken: Taken[] = [];
  for (const operation of operations) {
    try {
      deliveries.push(...(await deliveriesTo(ctx.network, account, operation)));
      const clawback = clawedBack(account, operation);
      if (clawback !== null) taken.push({ operation, ...clawback });
    } catch (error) {
      if (isOutage(error)) throw error;
      ctx.log.error('operation_unreadable', { operation: operation.id, error: messageOf(error) });
      unreadable.push({ operation, error: messageOf(error) });
    }
  }
  return { deliveries, unreadable, taken };
}

/** The network is away, as against an answer that is there and makes no sense. */
const isOutage = (error: unknown): boolean =>
  AnchorError.is(error) && error.code === 'NETWORK_UNAVAILABLE' && !isGarbled(error);

/** Plans for a page of deliveries, in order. Calls the fee integration where an amount differs from what was announced. */
export async function planDeliveries(
  ctx: AnchorContext,
  account: string,
  deliveries: readonly Delivery[],
): Promise<DeliveryPlan[]> {
  const assets = await allAssets(ctx.db.read);
  const ours = await whatIsOurs(ctx, account, assets, deliveries);
  const candidates = await findCandidates(ctx, account, deliveries);
  const funded = new Set<string>();
  const plans: DeliveryPlan[] = [];
  const seen = new Map<string, number>();
  for (const delivery of deliveries) {
    const nth = seen.get(delivery.operationId) ?? 0;
    seen.set(delivery.operationId, nth + 1);
    const id = nth === 0 ? delivery.operationId : `${delivery.operationId}-${nth}`;
    const key = matchKey(delivery);
    const rows = key === null || key === 'both' ? [] : (candidates.get(`${key.type}:${key.value}`) ?? []);
    const decision = classify(delivery, rows, ours, (row) => {
      const asset = assets.get(row.asset_id);
      return asset === undefined ? null : { key: keyOf(asset), policy: asset };
    });
    if (decision.bucket !== 'matched') {
      plans.push({ delivery, id, ...decision });
      continue;
    }
    const { row, as } = decision;
    if (funded.has(row.id)) {
      plans.push({ delivery, id, bucket: 'suspense', reason: 'duplicate', transactionId: row.id });
      continue;
    }
    if (as === 'too_small' || as === 'too_large') {
      funded.add(row.id);
      plans.push({ delivery, id, bucket: 'matched', row, ends: as });
      continue;
    }
    const asset = assets.get(row.asset_id);
    const fee = await creditFeeOrReason(ctx, row, asset, delivery.amount, delivery.createdAt);
    if (typeof fee === 'string') {
      plans.push({ delivery, id, bucket: 'suspense', reason: fee, transactionId: row.id });
      continue;
    }
    funded.add(row.id);
    plans.push({ delivery, id, bucket: 'matched', row, fee });
  }
  return plans;
}

async function whatIsOurs(
  ctx: AnchorContext,
  account: string,
  assets: Map<string, AssetRow>,
  deliveries: readonly Delivery[],
): Promise<Ours> {
  const accounts = await ownAccounts(ctx.db.read);
  const registered = [...assets.values()].flatMap((asset) =>
    asset.distribution_account === account ? asset.created_at : [],
  );
  const since = isoTime(Date.parse(registered.sort()[0] ?? '1970-01-01T00:00:00.000Z') - SKEW_MS);
  const hashes = [...new Set(deliveries.map((delivery) => delivery.transactionHash))];
  if (hashes.length === 0) return { accounts, hashes: new Set(), since };
  const wanted = { column: 'hash', values: hashes } as const;
  const known = await selectIn(ctx.db, ctx.db.read, 'envelopes', ['hash'], wanted);
  return { accounts, hashes: new Set(known.map((row) => row.hash)), since };
}

/** Withdrawals on the account by memo, also finished ones: a second or late payment must be told from an unknown one. */
async function findCandidates(
  ctx: AnchorContext,
  account: string,
  deliveries: readonly Delivery[],
): Promise<Map<string, FundedRow[]>> {
  const values = new Set<string>();
  for (const delivery of deliveries) {
    const key = matchKey(delivery);
    if (key !== null && key !== 'both') values.add(key.value);
  }
  if (values.size === 0) return new Map();
  const wanted = {
    column: 'memo',
    values: [...values],
    where: { anchor_account: account, kind: 'withdrawal' },
  } as const;
  // on the connection that writes them next: on SQLite it has these pages at hand then, where a reader's are dropped at every commit
  const rows = await ctx.db.write((trx) => selectIn(ctx.db, trx, 'transactions', FUNDED_COLUMNS, wanted));
  const byKey = new Map<string, FundedRow[]>();
  for (const row of rows) {
    const key = `${row.memo_type}:${row.memo}`;
    const others = byKey.get(key);
    if (others === undefined) byKey.set(key, [row]);
    else others.push(row);
  }
  return byKey;
}
