import { type CustomerStatus, type CustomersContext, putCustomer, statusOf } from '../../customers/index.ts';
import type { Principal } from '../../kernel/principal.ts';
import type { Fields } from '../shared/body.ts';
import type { CustomerRequest } from './schema.ts';

/** GET /customer. @throws CUSTOMER_NOT_FOUND (404), CUSTOMER_TYPE_UNKNOWN (400) */
export function getCustomer(
  customers: CustomersContext,
  principal: Principal,
  request: CustomerRequest,
): Promise<CustomerStatus> {
  return statusOf(customers, principal, request.type, request);
}

/** PUT /customer. @throws as putCustomer */
export function saveCustomer(
  customers: CustomersContext,
  principal: Principal,
  request: CustomerRequest,
  texts: Fields,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<string> {
  return putCustomer(customers, principal, { ...request, texts, files });
}
