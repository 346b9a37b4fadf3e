import type { Selectable } from 'kysely';
import type { Queries } from '../database/port.ts';
import type { CustomerFieldsTable, CustomerStatusesTable, CustomersTable } from '../database/schema.ts';
import { isUuid } from '../kernel/ids.ts';
import type { Memo } from '../kernel/memos.ts';
import { ownerFor, type Principal } from '../kernel/principal.ts';

export type CustomerRow = Selectable<CustomersTable>;
export type FieldRow = Selectable<CustomerFieldsTable>;
export type StatusRow = Selectable<CustomerStatusesTable>;

/** Which customer of the principal's is meant: none of both is the principal's own (S12-02). */
export interface CustomerKey {
  id?: string | undefined;
  memo?: Memo | null | undefined;
}

/**
 * The customer, if it is this principal's: one query on (id, principal), so that a foreign one is answered as an absent one (S12-08). An
 * account without a memo of its own names its users by memo, or by the id of those that it registered (S12-05, S12-09).
 */
export async function findCustomer(
  db: Queries,
  principal: Principal,
  key: CustomerKey = {},
): Promise<CustomerRow | null> {
  const { id, memo = null } = key;
  const owner = ownerFor(principal, memo);
  let query = db.selectFrom('customers').selectAll();
  if (id === undefined) query = query.where('owner', '=', owner);
  else {
    if (!isUuid(id)) return null;
    query = query.where('id', '=', id);
    query =
      memo === null
        ? query.where((eb) => eb.or([eb('owner', '=', owner), eb('registered_by', '=', principal.owner)]))
        : query.where('owner', '=', owner);
  }
  return (await query.executeTakeFirst()) ?? null;
}

/** For the operator and for what runs without a request; never for what a wallet asks. */
export async function customerById(db: Queries, id: string): Promise<CustomerRow | null> {
  if (!isUuid(id)) return null;
  const row = await db.selectFrom('customers').selectAll().where('id', '=', id).executeTakeFirst();
  return row ?? null;
}

export const fieldsOf = (db: Queries, customerId: string): Promise<FieldRow[]> =>
  db
    .selectFrom('customer_fields')
    .selectAll()
    .where('customer_id', '=', customerId)
    .orderBy('name')
    .execute();

export const statusesOf = (db: Queries, customerId: string): Promise<StatusRow[]> =>
  db
    .selectFrom('customer_statuses')
    .selectAll()
    .where('customer_id', '=', customerId)
    .orderBy('type')
    .execute();
