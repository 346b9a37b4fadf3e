import * as v from 'valibot';
import { callHook } from '../config/call-hook.ts';
import { type AskedField, askedOf } from '../config/customers.ts';
import type { TransactionView } from '../config/integrations.ts';
import { AnchorError } from '../kernel/errors.ts';
import { type CustomersContext, rulesOf } from './context.ts';

const NAMES = v.pipe(v.array(v.pipe(v.string(), v.maxLength(80))), v.maxLength(100));

/**
 * What a transaction needs of its customer beyond the fields of the type (S12-21): for example more from an amount on.
 *
 * @throws HOOK_FAILED, HOOK_ANSWER_INVALID; CUSTOMER_FIELD_UNDECLARED (500) where the hook names a field that is declared nowhere
 */
export async function requiredFor(
  ctx: CustomersContext,
  type: string,
  transaction: TransactionView,
): Promise<readonly AskedField[]> {
  const hooks = ctx.project.integrations.customers;
  if (hooks?.required === undefined) return [];
  const names = await callHook(
    ctx,
    'customers.required',
    (hook) => hooks.required?.({ type, transaction }, hook),
    NAMES,
  );
  const asked = askedOf(names);
  const strange = asked.find(({ name }) => !rulesOf(ctx.project).fields.has(name));
  if (strange === undefined) return asked;
  throw new AnchorError({
    code: 'CUSTOMER_FIELD_UNDECLARED',
    message: `The integration customers.required asks for ${strange.name}, which is declared nowhere.`,
    hint: `Declare it: [customers.fields.${strange.name}] in anchor.toml, or customers.fields in integrations.ts.`,
  });
}
