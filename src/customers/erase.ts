import { sql } from 'kysely';
import * as v from 'valibot';
import { callHook } from '../config/call-hook.ts';
import type { Json } from '../config/integrations.ts';
import type { Queries } from '../database/port.ts';
import { messageOf } from '../kernel/errors.ts';
import type { Memo } from '../kernel/memos.ts';
import type { Principal } from '../kernel/principal.ts';
import { note } from './change.ts';
import type { CustomersContext } from './context.ts';
import { customerNotFound } from './errors.ts';
import { type CustomerRow, customerById, findCustomer } from './find.ts';
import { type Decider, readData } from './review.ts';

/**
 * Erases a customer: the key that sealed what was known of them, the values, the files, the statuses and the address of the callback
 * (S12-34, S12-35). What stays is the book of what happened to an id that nothing leads to any more. Transactions keep what they need.
 *
 * @throws CUSTOMER_NOT_FOUND (404)
 */
export async function eraseCustomer(
  ctx: CustomersContext,
  principal: Principal,
  memo: Memo | null,
): Promise<void> {
  const erased = await ctx.db.write(async (trx) => {
    const customer = await findCustomer(trx, principal, { memo });
    if (customer === null) throw customerNotFound();
    return erase(ctx, trx, customer, 'customer');
  });
  await tellErased(ctx, erased);
}

/** The same by the operator. @throws CUSTOMER_NOT_FOUND (404) */
export async function eraseById(ctx: CustomersContext, id: string, { by, reason }: Decider): Promise<void> {
  const erased = await ctx.db.write(async (trx) => {
    const customer = await customerById(trx, id);
    if (customer === null) throw customerNotFound();
    return erase(ctx, trx, customer, by, reason);
  });
  await tellErased(ctx, erased);
}

interface Erased {
  customerId: string;
  data: Json;
}

async function erase(
  ctx: CustomersContext,
  trx: Queries,
  customer: CustomerRow,
  by: string,
  reason = 'erased',
): Promise<Erased> {
  const { id } = customer;
  const data = readData(ctx, customer);
  // SQLite leaves what is deleted in the file's free pages otherwise
  const onSqlite = ctx.db.dialect === 'sqlite';
  if (onSqlite) await sql`pragma secure_delete = on`.execute(trx);
  await trx.deleteFrom('customer_fields').where('customer_id', '=', id).execute();
  await trx.deleteFrom('outbox').where('customer_id', '=', id).execute();
  await trx.deleteFrom('customer_files').where('customer_id', '=', id).execute();
  await trx.deleteFrom('customer_statuses').where('customer_id', '=', id).execute();
  await trx.deleteFrom('customers').where('id', '=', id).execute();
  if (onSqlite) await sql`pragma secure_delete = off`.execute(trx);
  await note(ctx, trx, id, { by, reason: reason === 'erased' ? reason : `erased: ${reason}` });
  return { customerId: id, data };
}

/** Erasing here does not wait for others to erase too: what they hold is known by the id in the log. */
async function tellErased(ctx: CustomersContext, erased: Erased): Promise<void> {
  const hooks = ctx.project.integrations.customers;
  if (hooks?.erased === undefined) return;
  try {
    await callHook(
      ctx,
      'customers.erased',
      async (hook) => (await hooks.erased?.(erased, hook)) ?? null,
      v.any(),
    );
  } catch (error) {
    ctx.log.error('customer_erased_failed', { customer: erased.customerId, message: messageOf(error) });
  }
}
