import type { CustomersContext } from './context.ts';
import { type CustomerRow, customerById, type FieldRow, fieldsOf } from './find.ts';
import { boxOf, valueScope } from './keys.ts';

/** The texts of a customer by field name, decrypted; files are left out. @throws SECRET_UNREADABLE */
export function textsOf(
  ctx: Pick<CustomersContext, 'box' | 'ids'>,
  customer: CustomerRow,
  fields: readonly FieldRow[],
): Record<string, string> {
  const box = boxOf(ctx, customer);
  const texts: Record<string, string> = {};
  for (const { name, value } of fields) {
    if (value !== null) texts[name] = box.open(value, valueScope(customer.id, name));
  }
  return texts;
}

/** What a customer gave, as text, by SEP-9 name: for the rails, for instance. Empty for one that is not there (any more). */
export async function customerFields(
  ctx: CustomersContext,
  customerId: string,
): Promise<Record<string, string>> {
  const customer = await customerById(ctx.db.read, customerId);
  return customer === null ? {} : textsOf(ctx, customer, await fieldsOf(ctx.db.read, customer.id));
}
