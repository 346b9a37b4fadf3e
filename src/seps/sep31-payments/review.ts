import * as v from 'valibot';
import type { Sep31Request } from '../../config/integrations.ts';
import { formatAmount } from '../../kernel/amounts.ts';
import { AnchorError } from '../../kernel/errors.ts';
import type { Principal } from '../../kernel/principal.ts';
import { type AnchorContext, type AssetRow, callHook } from '../../transfers/index.ts';
import type { Printed } from '../shared/transaction-view.ts';
import { paymentRefused } from './errors.ts';
import type { PaymentFields } from './fields.ts';
import type { PaymentRequest } from './schema.ts';

const line = v.pipe(v.string(), v.nonEmpty(), v.maxLength(500));

const verdict = v.nullish(
  v.union([
    v.strictObject({ error: line }),
    v.strictObject({ customerInfoNeeded: line }),
    v.strictObject({ transactionInfoNeeded: v.pipe(v.array(line), v.minLength(1)) }),
  ]),
);

/**
 * Asks `integrations.sep31.review` for its last word. Null: the payment is taken on.
 *
 * @throws PAYMENT_NOT_TAKEN (400), HOOK_FAILED, HOOK_ANSWER_INVALID
 */
export async function review(
  ctx: AnchorContext,
  principal: Principal,
  asset: AssetRow,
  request: PaymentRequest,
  method: string | null,
  wanted: PaymentFields,
): Promise<{ status: 400; body: Printed } | null> {
  const { sep31 } = ctx.project.integrations;
  if (sep31?.review === undefined) return null;
  const asked: Sep31Request = Object.freeze({
    sendingAnchor: principal.account,
    clientDomain: principal.clientDomain,
    assetCode: asset.code,
    assetIssuer: asset.issuer === '' ? null : asset.issuer,
    amount: formatAmount(request.amountUnits),
    fundingMethod: method,
    destinationAsset: request.destinationAsset ?? null,
    quoteId: request.quoteId ?? null,
    senderId: request.senderId ?? null,
    receiverId: request.receiverId ?? null,
    fields: Object.freeze({ ...request.fields }),
    lang: request.lang,
  });
  const answer = await callHook(ctx, 'sep31.review', (hook) => sep31.review?.(asked, hook), verdict);
  if (answer === null || answer === undefined) return null;
  if ('error' in answer) throw paymentRefused(answer.error);
  if ('customerInfoNeeded' in answer) {
    return { status: 400, body: { error: 'customer_info_needed', type: answer.customerInfoNeeded } };
  }
  const fields: PaymentFields = {};
  for (const name of answer.transactionInfoNeeded) {
    const known = Object.hasOwn(wanted, name) ? wanted[name] : undefined;
    if (known === undefined) throw unknownField(name);
    fields[name] = known;
  }
  return { status: 400, body: { error: 'transaction_info_needed', fields } };
}

const unknownField = (name: string): AnchorError =>
  new AnchorError({
    code: 'HOOK_ANSWER_INVALID',
    message: `The integration sep31.review asks for ${name}, which sep31.info does not describe.`,
    hint: 'Correct sep31.review in integrations.ts.',
  });
