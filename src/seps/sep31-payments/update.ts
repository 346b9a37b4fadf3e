import * as v from 'valibot';
import { AnchorError, badInput } from '../../kernel/errors.ts';
import type { Principal } from '../../kernel/principal.ts';
import {
  type AnchorContext,
  assetOf,
  callHook,
  readFields,
  type TransactionRow,
  transactionView,
  withData,
} from '../../transfers/index.ts';
import { answerInfo } from '../../transfers/receive.ts';
import { parameterInvalid } from '../shared/faults.ts';
import type { Printed } from '../shared/transaction-view.ts';
import { updateUnwanted } from './errors.ts';
import { neededFields, type PaymentFields } from './fields.ts';
import { ownPayment } from './service.ts';
import { describePayment } from './view.ts';

/**
 * PATCH /transactions/:id (S31-25): fields that were asked for, and no others; then the payout goes on.
 *
 * @throws TRANSACTION_NOT_FOUND (404), UPDATE_UNWANTED, PARAMETER_INVALID, UPDATE_REFUSED (400)
 */
export async function updatePayment(
  ctx: AnchorContext,
  principal: Principal,
  id: string,
  fields: Record<string, string>,
): Promise<Printed> {
  const row = await ownPayment(ctx, principal, id);
  if (row.status !== 'pending_transaction_info_update') throw updateUnwanted();
  const wanted = JSON.parse(row.required_info_updates ?? '{}') as PaymentFields;
  for (const name of Object.keys(fields)) {
    if (!Object.hasOwn(wanted, name)) throw parameterInvalid('fields', 'has fields that are not asked for.');
  }
  const needed = neededFields(wanted, fields);
  if (needed !== null) {
    const names = Object.keys(needed).join(', ');
    throw parameterInvalid('fields', `must have these as they are asked for: ${names}.`);
  }
  await review(ctx, row, fields);
  const moved = await ctx.db
    .write((trx) => answerInfo(ctx, trx, row, fields))
    .catch((error) => {
      // answered twice at once, or ended meanwhile
      throw AnchorError.is(error) && error.httpStatus === 409 ? updateUnwanted() : error;
    });
  return describePayment(ctx, moved);
}

const verdict = v.optional(
  v.nullable(v.strictObject({ error: v.pipe(v.string(), v.nonEmpty(), v.maxLength(500)) })),
);

async function review(
  ctx: AnchorContext,
  row: TransactionRow,
  fields: Record<string, string>,
): Promise<void> {
  const update = ctx.project.integrations.sep31?.update;
  if (update === undefined) return;
  const asset = await assetOf(ctx.db.read, row.asset_id);
  const transaction = transactionView(row, asset, readFields(ctx, row));
  const refused = await callHook(
    ctx,
    'sep31.update',
    (hook) => update({ transaction, fields }, withData(ctx, row.id, hook)),
    verdict,
  );
  if (refused) throw badInput('UPDATE_REFUSED', refused.error);
}
