import * as v from 'valibot';
import type { FieldRequest } from '../../config/integrations.ts';
import { AnchorError } from '../../kernel/errors.ts';
import { isUuid } from '../../kernel/ids.ts';
import type { Principal } from '../../kernel/principal.ts';
import {
  type AnchorContext,
  assetOf,
  callHook,
  moveOn,
  readFields,
  type TransactionRow,
  transactionView,
  withData,
} from '../../transfers/index.ts';
import { kycFor } from '../../transfers/kyc.ts';
import { answerInfo } from '../../transfers/receive.ts';
import { type Fields, type JsonBody, scalarsOf } from '../shared/body.ts';
import { parameterInvalid, parameterMissing, transactionNotFound } from '../shared/faults.ts';
import { pollOwned } from '../shared/poll.ts';
import { nothingAsked, requestRefused } from './errors.ts';
import { readRequested, withSep9Names } from './methods.ts';
import { CUSTOMER_TYPE } from './service.ts';
import { describeTransfer, type Sep6Transaction } from './view.ts';

/** The body `{"transaction": {field: value}}` (S6-38). @throws PARAMETER_MISSING, PARAMETER_INVALID (400) */
function fieldsOf(body: JsonBody): Fields {
  const given = body['transaction'];
  if (given === undefined || given === null) throw parameterMissing('transaction');
  if (typeof given !== 'object' || Array.isArray(given)) {
    throw parameterInvalid('transaction', 'must be an object of fields.');
  }
  const fields = scalarsOf(given as Record<string, unknown>);
  if (Object.keys(fields).length === 0) throw parameterMissing('transaction');
  return fields;
}

/** Only what was asked for, all of it that is required, by the choices that were told. @throws PARAMETER_* (400) */
function answersTo(row: TransactionRow, fields: Fields): Record<string, string> {
  const asked = JSON.parse(row.required_info_updates ?? '{}') as Record<string, FieldRequest>;
  for (const name of Object.keys(fields)) {
    if (!Object.hasOwn(asked, name))
      throw parameterInvalid('transaction', 'has fields that are not asked for.');
  }
  return withSep9Names(readRequested(asked, fields));
}

const verdict = v.nullish(v.object({ errors: v.record(v.string(), v.pipe(v.string(), v.maxLength(500))) }));

/** The anchor's own look at it. @throws REQUEST_REFUSED (400), HOOK_FAILED, HOOK_ANSWER_INVALID */
async function review(
  ctx: AnchorContext,
  row: TransactionRow,
  fields: Record<string, string>,
): Promise<void> {
  const { sep6 } = ctx.project.integrations;
  if (sep6?.update === undefined) return;
  const asset = await assetOf(ctx.db.read, row.asset_id);
  const transaction = transactionView(row, asset, readFields(ctx, row));
  const answer = await callHook(
    ctx,
    'sep6.update',
    (hook) => sep6.update?.({ transaction, fields }, withData(ctx, row.id, hook)),
    verdict,
  );
  const faults = Object.entries(answer?.errors ?? {});
  if (faults.length > 0) throw requestRefused(faults.map(([name, text]) => `${name}: ${text}`).join(' '));
}

/**
 * PATCH /transactions/:id (S6-38): what was asked for, and nothing else; then the transaction goes on. It is printed as it is at once,
 * in `pending_anchor`.
 *
 * @throws TRANSACTION_NOT_FOUND (404), NOTHING_ASKED, PARAMETER_*, REQUEST_REFUSED (400)
 */
export async function updateTransfer(
  ctx: AnchorContext,
  principal: Principal,
  id: string,
  body: JsonBody,
): Promise<Sep6Transaction> {
  const row = isUuid(id) ? await pollOwned(ctx, '6', id, principal) : null;
  if (row === null) throw transactionNotFound();
  const given = fieldsOf(body);
  if (row.status !== 'pending_transaction_info_update') throw nothingAsked();
  const fields = answersTo(row, given);
  await review(ctx, row, fields);
  const moved = await ctx.db
    .write((trx) => answerInfo(ctx, trx, row, fields))
    .catch((error) => {
      // answered twice at once, or ended meanwhile
      throw AnchorError.is(error) && error.httpStatus === 409 ? nothingAsked() : error;
    });
  const answer = await describeTransfer(ctx, moved);
  if (moved.received_units === 0n) {
    const kyc = await kycFor(ctx, principal, CUSTOMER_TYPE, { id: moved.customer_id ?? undefined });
    await ctx.db.write((trx) => moveOn(ctx, trx, moved, kyc.is, 'wallet'));
  }
  return answer;
}
