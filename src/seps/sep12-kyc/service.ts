import {
  type CustomerStatus,
  type CustomersContext,
  customerNotFound,
  putCustomer,
  requiredFor,
  statusOf,
} from '../../customers/index.ts';
import { isUuid } from '../../kernel/ids.ts';
import type { Principal } from '../../kernel/principal.ts';
import {
  type AnchorContext,
  assetOf,
  findOwned,
  readFields,
  transactionView,
} from '../../transfers/index.ts';
import type { Fields } from '../shared/body.ts';
import { transactionNotFound } from '../shared/faults.ts';
import { parameterInvalid } from './errors.ts';
import type { CustomerRequest } from './schema.ts';

/**
 * What the transaction that a request names needs beyond the type (S12-21).
 *
 * @throws TRANSACTION_NOT_FOUND (404) for one that is not the login's
 */
async function askedBy(
  ctx: AnchorContext,
  customers: CustomersContext,
  principal: Principal,
  { transactionId, type }: CustomerRequest,
) {
  if (transactionId === undefined || type === undefined) return [];
  const row = isUuid(transactionId) ? await findOwned(ctx.db.read, transactionId, principal) : null;
  if (row === null) throw transactionNotFound();
  const asset = await assetOf(ctx.db.read, row.asset_id);
  return requiredFor(customers, type, transactionView(row, asset, readFields(ctx, row)));
}

/** GET /customer (S12-11 to S12-23). @throws CUSTOMER_NOT_FOUND, TRANSACTION_NOT_FOUND (404), CUSTOMER_TYPE_UNKNOWN (400) */
export async function getCustomer(
  ctx: AnchorContext,
  customers: CustomersContext,
  principal: Principal,
  request: CustomerRequest,
): Promise<CustomerStatus> {
  const asked = await askedBy(ctx, customers, principal, request);
  return statusOf(customers, principal, request.type, { ...request, lang: request.lang ?? 'en', asked });
}

/** PUT /customer (S12-24 to S12-32). @throws as putCustomer; TRANSACTION_NOT_FOUND (404) */
export async function saveCustomer(
  ctx: AnchorContext,
  customers: CustomersContext,
  principal: Principal,
  request: CustomerRequest,
  body: { texts: Fields; files: ReadonlyMap<string, Uint8Array>; lang: string | undefined },
): Promise<string> {
  const asked = await askedBy(ctx, customers, principal, request);
  return putCustomer(customers, principal, { ...request, ...body, asked });
}

/**
 * PUT /customer/verification (S12-33): codes alone, for a customer that is there.
 *
 * @throws CUSTOMER_NOT_FOUND (404), CUSTOMER_CODE_WRONG, PARAMETER_INVALID (400)
 */
export async function verifyCustomer(
  customers: CustomersContext,
  principal: Principal,
  request: CustomerRequest,
  texts: Fields,
  lang: string | undefined,
): Promise<CustomerStatus> {
  const before = await statusOf(customers, principal, request.type, request);
  if (before.id === null) throw customerNotFound();
  const codes = Object.entries(texts).filter(
    ([name, value]) => name.endsWith('_verification') && value !== '',
  );
  if (codes.length === 0) throw parameterInvalid('A field', 'with the ending _verification is required.');
  await putCustomer(customers, principal, {
    ...request,
    type: before.type,
    texts: Object.fromEntries(codes),
    lang,
  });
  return statusOf(customers, principal, before.type, { ...request, lang: lang ?? 'en' });
}
