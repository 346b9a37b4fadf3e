import { SEP31_PRESET } from '../../config/project.ts';
import { customerById, textsFor as customerTexts, declaredTypes } from '../../customers/index.ts';
import { describe } from '../../customers/status.ts';
import { badInput } from '../../kernel/errors.ts';
import type { Principal } from '../../kernel/principal.ts';
import { customersOf } from '../../transfers/customers.ts';
import type { AnchorContext } from '../../transfers/index.ts';
import { textsFor } from '../shared/messages/index.ts';
import { customerUnknown } from './errors.ts';
import type { PaymentRequest } from './schema.ts';

const TYPES = { sender: 'sep31-sender', receiver: 'sep31-receiver' } as const;

type Role = keyof typeof TYPES;

interface Types {
  types?: Record<string, { description: string }>;
}

const asked = (ctx: AnchorContext, role: Role): boolean =>
  ctx.project.seps.includes(12) && declaredTypes(ctx.project).includes(TYPES[role]);

/** The SEP-12 types of senders and receivers (S31-06); none: no data of them is needed. */
export function kycTypes(ctx: AnchorContext, lang: string): { sender: Types; receiver: Types } {
  const text = textsFor(lang);
  const typesOf = (role: Role): Types =>
    asked(ctx, role) ? { types: { [TYPES[role]]: { description: text(`sep31.${role}`) } } } : {};
  return { sender: typesOf('sender'), receiver: typesOf('receiver') };
}

/** How the customers of a payment stand. */
export type Verdict =
  | { is: 'accepted' }
  /** the payment waits for them (S31-11, since 3.0.0) */
  | { is: 'open' }
  /** SEP-12 is needed first, with this type */
  | { is: 'needed'; type: string };

/**
 * Both customers of a payment: registered by this sending anchor, under any memo of its account (S31-14), and accepted (S31-11). A
 * foreign one is told like one that is not there.
 *
 * @throws CUSTOMER_UNKNOWN, CUSTOMER_REJECTED (400)
 */
export async function checkCustomers(
  ctx: AnchorContext,
  principal: Principal,
  request: PaymentRequest,
): Promise<Verdict> {
  const { acceptUnverified } = ctx.project.sep31 ?? SEP31_PRESET;
  const customers = customersOf(ctx);
  let open = false;
  for (const role of ['sender', 'receiver'] as const) {
    const id = role === 'sender' ? request.senderId : request.receiverId;
    const type = TYPES[role];
    if (id === undefined) {
      if (asked(ctx, role)) return { is: 'needed', type };
      continue;
    }
    const customer = await customerById(ctx.db.read, id);
    if (customer === null || customer.account !== principal.account) throw customerUnknown(`${role}_id`);
    if (!asked(ctx, role)) continue;
    const { status } = await describe(customers, customer, type, customerTexts(request.lang));
    if (status === 'REJECTED') {
      throw badInput('CUSTOMER_REJECTED', textsFor(request.lang)(`sep31.${role}_rejected`));
    }
    if (status === 'ACCEPTED') continue;
    if (!acceptUnverified) return { is: 'needed', type };
    open = true;
  }
  return { is: open ? 'open' : 'accepted' };
}
