import { AnchorError, messageOf } from '../kernel/errors.ts';
import { buildTransaction } from '../stellar/build.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { type Batch, type Item, layOut, signersOf } from './batch.ts';
import type { NewEnvelope } from './book.ts';
import type { Bounds } from './cosign/bounds.ts';
import type { Source } from './pool.ts';
import type { Sorted } from './sort.ts';

/** An envelope without the signatures of the distribution account, and what it carries. */
export interface Draft extends NewEnvelope {
  batch: Batch;
  operations: number;
  sequence: bigint;
}

export interface DraftTerms {
  source: Source;
  /** its own, not the account's */
  sequence: bigint;
  /** stroops per operation */
  fee: bigint;
  bounds: Bounds;
}

/** Builds the transaction; an obligation of which none can be built is held and the others go on. */
export async function draftOf(
  ctx: AnchorContext,
  sorted: Sorted,
  batch: Batch,
  terms: DraftTerms,
): Promise<Draft | null> {
  try {
    return await build(ctx, batch, terms);
  } catch (error) {
    if (!isUnbuildable(error)) throw error;
  }
  const good: Item[] = [];
  for (const item of batch.items) {
    try {
      await build(ctx, { ...batch, items: [item] }, terms);
      good.push(item);
    } catch (error) {
      if (!isUnbuildable(error)) throw error;
      sorted.holds.push({ owed: item.owed, text: messageOf(error) });
    }
  }
  return good.length === 0 ? null : build(ctx, { ...batch, items: good }, terms);
}

const isUnbuildable = (error: unknown): boolean =>
  AnchorError.is(error) && error.code === 'TRANSACTION_INVALID';

async function build(
  ctx: AnchorContext,
  batch: Batch,
  { source, sequence, fee, bounds }: DraftTerms,
): Promise<Draft> {
  const { operations, marks } = layOut(batch);
  const signed = await buildTransaction({
    passphrase: ctx.network.passphrase,
    source: source.account,
    sequence,
    feePerOperation: fee,
    operations,
    memo: batch.memo,
    ...bounds,
    signers: [...(source.key === null ? [] : [source.key]), ...signersOf(batch.items)],
  });
  return {
    batch,
    signed,
    marks,
    ...bounds,
    purpose: 'payment',
    fee: fee * BigInt(operations.length),
    operations: operations.length,
    sequence,
  };
}
