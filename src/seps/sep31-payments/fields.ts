import * as v from 'valibot';
import type { Sep31Field } from '../../config/integrations.ts';
import { type AnchorContext, type AssetRow, callHook } from '../../transfers/index.ts';

const name = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_.-]{1,100}$/));

const answer = v.strictObject({
  fields: v.optional(
    v.record(
      name,
      v.strictObject({
        description: v.pipe(v.string(), v.nonEmpty(), v.maxLength(500)),
        optional: v.optional(v.boolean()),
        choices: v.optional(v.pipe(v.array(v.string()), v.minLength(1))),
      }),
    ),
  ),
});

export type PaymentFields = Record<string, Sep31Field>;

/** The fields that a payment of this asset needs, beside what SEP-12 asks of its customers. */
export async function paymentFields(
  ctx: AnchorContext,
  asset: AssetRow,
  lang: string,
): Promise<PaymentFields> {
  const info = ctx.project.integrations.sep31?.info;
  if (info === undefined) return {};
  const request = { assetCode: asset.code, lang };
  const told = await callHook(ctx, 'sep31.info', (hook) => info(request, hook), answer);
  return (told.fields ?? {}) as PaymentFields;
}

/** Those that are required and missing, or are not one of their choices (S31-12); null: none. */
export function neededFields(wanted: PaymentFields, given: Record<string, string>): PaymentFields | null {
  const needed = Object.entries(wanted).filter(([key, field]) => {
    const value = given[key];
    if (value === undefined || value === '') return field.optional !== true;
    return field.choices !== undefined && !field.choices.includes(value);
  });
  return needed.length === 0 ? null : Object.fromEntries(needed);
}
