import type { CustomerStatus, FileRow } from '../../customers/index.ts';

/** The answer of GET /customer, and the body of callbacks (S12-F01 to F05, S12-39). */
export function printCustomer(customer: CustomerStatus) {
  const { id, status, fields, provided, message } = customer;
  return {
    ...(id === null ? {} : { id }),
    status,
    ...(status === 'NEEDS_INFO' || Object.keys(fields).length > 0 ? { fields } : {}),
    ...(Object.keys(provided).length > 0 ? { provided_fields: provided } : {}),
    ...(message === null ? {} : { message }),
  };
}

/** S12-F06. */
export const printFile = (file: FileRow) => ({
  file_id: file.id,
  content_type: file.content_type,
  size: file.size,
  ...(file.expires_at === null ? {} : { expires_at: file.expires_at }),
  customer_id: file.customer_id,
});
