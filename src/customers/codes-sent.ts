import { timingSafeEqual } from 'node:crypto';
import * as v from 'valibot';
import { callHook } from '../config/call-hook.ts';
import { isoTime } from '../kernel/clock.ts';
import { badInput, messageOf } from '../kernel/errors.ts';
import type { CustomersContext } from './context.ts';
import { codeWrong } from './errors.ts';
import type { CustomerRow, FieldRow } from './find.ts';
import { boxOf, newCode, valueScope } from './keys.ts';
import type { Translate } from './messages/index.ts';

/** A code is good for so long, for so many tries; another one is sent after so long, and so many a day. */
const CODE_MINUTES = 30;
const MAX_TRIES = 5;
const RESEND_SECONDS = 60;
const CODES_A_DAY = 10;

export interface SentCode {
  field: string;
  value: string;
  code: string;
}

/** Whether the last code still works, or was sent so lately that another one would be a flood. */
export function isFresh(ctx: Pick<CustomersContext, 'clock'>, field: FieldRow): boolean {
  const now = ctx.clock.now();
  return field.code_sent_at !== null && Date.parse(field.code_sent_at) + RESEND_SECONDS * 1000 > now;
}

/** A new code for a field, sealed, with its time. @throws CUSTOMER_CODES_TOO_MANY (400) */
export function newCodeColumns(
  ctx: CustomersContext,
  box: ReturnType<typeof boxOf>,
  customer: CustomerRow,
  name: string,
  old: FieldRow | undefined,
  text: Translate,
) {
  const now = ctx.clock.now();
  const today = old?.code_sent_at != null && Date.parse(old.code_sent_at) + 86_400_000 > now;
  const sent = today ? old.codes_sent : 0;
  if (sent >= CODES_A_DAY) throw badInput('CUSTOMER_CODES_TOO_MANY', `${name}: ${text('code_many')}`);
  const code = newCode(ctx.ids);
  return {
    code,
    columns: {
      code: box.seal(code, valueScope(customer.id, name, 'code')),
      code_expires_at: isoTime(now + CODE_MINUTES * 60_000),
      code_tries: 0,
      codes_sent: sent + 1,
      code_sent_at: isoTime(now),
    },
  };
}

/**
 * Compares codes; each try counts, also of a request that fails for another reason (S12-27).
 *
 * @returns the names of the fields whose code was right; one that is confirmed already needs none
 * @throws CUSTOMER_CODE_WRONG (400)
 */
export async function confirmCodes(
  ctx: CustomersContext,
  customer: CustomerRow | null,
  codes: ReadonlyMap<string, string>,
  text: Translate,
): Promise<string[]> {
  const right: string[] = [];
  for (const [name, given] of codes) {
    if (customer === null) throw codeWrong(name, text('code_none'));
    const tried = await ctx.db.read
      .updateTable('customer_fields')
      .set((eb) => ({ code_tries: eb('code_tries', '+', 1) }))
      .where('customer_id', '=', customer.id)
      .where('name', '=', name)
      .where('state', '=', 'unconfirmed')
      .where('code', 'is not', null)
      .where('code_tries', '<', MAX_TRIES)
      .where('code_expires_at', '>', isoTime(ctx.clock.now()))
      .returning(['code', 'name'])
      .executeTakeFirst();
    if (tried?.code == null) {
      if (await isConfirmed(ctx, customer.id, name)) continue;
      throw codeWrong(name, text('code_void'));
    }
    const code = Buffer.from(boxOf(ctx, customer).open(tried.code, valueScope(customer.id, name, 'code')));
    const sent = Buffer.from(given);
    if (code.length !== sent.length || !timingSafeEqual(code, sent))
      throw codeWrong(name, text('code_wrong'));
    right.push(name);
  }
  return right;
}

async function isConfirmed(ctx: CustomersContext, customerId: string, name: string): Promise<boolean> {
  const row = await ctx.db.read
    .selectFrom('customer_fields')
    .select('state')
    .where('customer_id', '=', customerId)
    .where('name', '=', name)
    .executeTakeFirst();
  return row !== undefined && row.state !== 'unconfirmed';
}

/** Sends codes after they were kept. One that cannot be sent is asked for anew by sending the value again. */
export async function sendCodes(
  ctx: CustomersContext,
  customer: CustomerRow,
  codes: readonly SentCode[],
  lang: string,
): Promise<void> {
  const hooks = ctx.project.integrations.customers;
  for (const { field, value, code } of codes) {
    if (hooks?.sendCode === undefined) {
      // only the sandbox comes here: elsewhere a project without sendCode does not start
      ctx.log.info('customer_code', { customer: customer.id, field, code });
      continue;
    }
    try {
      const request = { customerId: customer.id, field, value, code, lang };
      await callHook(
        ctx,
        'customers.sendCode',
        async (hook) => (await hooks.sendCode?.(request, hook)) ?? null,
        v.any(),
      );
    } catch (error) {
      ctx.log.warn('customer_code_failed', { customer: customer.id, field, message: messageOf(error) });
    }
  }
}
