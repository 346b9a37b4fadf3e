import * as v from 'valibot';
import type { FieldRequest, FundingMethod } from '../../config/integrations.ts';
import { settingsOf } from '../../quotes/index.ts';
import { type AnchorContext, type AssetRow, callHook, type Kind } from '../../transfers/index.ts';
import type { Fields } from '../shared/body.ts';
import { parameterInvalid, parameterMissing } from '../shared/faults.ts';
import { textsFor } from '../shared/messages/index.ts';
import { optional } from '../shared/params.ts';

export type Methods = Readonly<Record<string, FundingMethod>>;

const text = v.pipe(v.string(), v.minLength(1), v.maxLength(500));

export const fieldRequestSchema: v.GenericSchema<unknown, FieldRequest> = v.object({
  description: text,
  optional: v.optional(v.boolean()),
  choices: v.optional(v.pipe(v.array(text), v.minLength(1), v.maxLength(300))),
}) as v.GenericSchema<unknown, FieldRequest>;

const name = v.pipe(v.string(), v.regex(/^[A-Za-z][\w.-]{0,63}$/, 'a name such as bank_account'));

const methodsSchema = v.pipe(
  v.record(name, v.object({ fields: v.optional(v.record(name, fieldRequestSchema)) })),
  v.check((methods) => Object.keys(methods).length > 0, 'at least one method'),
) as v.GenericSchema<unknown, Record<string, FundingMethod>>;

/** Where no SEP-12 asks for it, a withdrawal has to name its bank account itself (S6-P23, S6-19). */
function ownMethods(ctx: AnchorContext, kind: Kind, exchange: boolean, lang: string): Methods {
  const t = textsFor(lang);
  const asked = kind === 'withdrawal' && !ctx.project.seps.includes(12);
  const method: FundingMethod = asked
    ? {
        fields: {
          dest: { description: t('field.dest') },
          dest_extra: { description: t('field.destExtra'), optional: true },
        },
      }
    : {};
  const names = exchange ? deliveryMethods(ctx, kind) : [];
  return Object.fromEntries(['bank_account', ...names].map((name) => [name, method]));
}

/** What SEP-38 calls delivery methods are the methods of an exchange (S6-23). */
function deliveryMethods(ctx: AnchorContext, kind: Kind): string[] {
  const { assets } = settingsOf(ctx);
  const methods = assets.flatMap((asset) =>
    kind === 'deposit' ? asset.sellDeliveryMethods : asset.buyDeliveryMethods,
  );
  return [...new Set(methods.map(({ name: method }) => method))];
}

/** The ways in which money comes in or goes out of an asset. @throws HOOK_FAILED, HOOK_ANSWER_INVALID */
export async function methodsOf(
  ctx: AnchorContext,
  asset: AssetRow,
  kind: Kind,
  exchange: boolean,
  lang: string,
): Promise<Methods> {
  const { sep6 } = ctx.project.integrations;
  if (sep6?.methods === undefined) return ownMethods(ctx, kind, exchange, lang);
  const assetIssuer = asset.issuer === '' ? null : asset.issuer;
  const request = { kind, assetCode: asset.code, assetIssuer, exchange, lang };
  return callHook(ctx, 'sep6.methods', (hook) => sep6.methods?.(request, hook), methodsSchema);
}

/**
 * The method that a request names: `funding_method`, the older `type`, the one its quote was made for, or the only one there is (S6-P03,
 * S6-P16, S6-P22).
 *
 * @throws PARAMETER_MISSING, PARAMETER_INVALID (400)
 */
export function chosenMethod(
  methods: Methods,
  params: Fields,
  quoted: string | null,
): { name: string; method: FundingMethod } {
  const names = Object.keys(methods);
  const given = ['funding_method', 'type'].flatMap((parameter) => {
    const value = optional(params, parameter);
    if (value === undefined) return [];
    if (!names.includes(value)) throw parameterInvalid(parameter, `must be one of: ${names.join(', ')}.`);
    return [value];
  });
  const preset =
    quoted !== null && names.includes(quoted) ? quoted : names.length === 1 ? names[0] : undefined;
  const [found = preset] = given;
  if (found === undefined) throw parameterMissing('funding_method');
  return { name: found, method: methods[found] ?? {} };
}

/** The method that the wallet itself named. */
export const namedMethod = (params: Fields): string | undefined =>
  optional(params, 'funding_method') ?? optional(params, 'type');

const MAX_CHARS = 1000;

/** What older wallets call the bank account, under its SEP-9 name too. */
const SEP9_NAMES: Readonly<Record<string, string>> = {
  dest: 'bank_account_number',
  dest_extra: 'bank_number',
};

/**
 * The values of fields that were asked for: none missing but optional ones, and no other choices than those told (S6-P14, S6-P23).
 *
 * @throws PARAMETER_MISSING, PARAMETER_INVALID (400)
 */
export function readRequested(
  asked: Readonly<Record<string, FieldRequest>>,
  params: Readonly<Record<string, string>>,
): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [field, { optional: free, choices }] of Object.entries(asked)) {
    const value = Object.hasOwn(params, field) ? params[field] : undefined;
    if (value === undefined || value === '') {
      if (free) continue;
      throw parameterMissing(field);
    }
    if (value.length > MAX_CHARS) throw parameterInvalid(field, `has at most ${MAX_CHARS} characters.`);
    if (value.includes('\0')) throw parameterInvalid(field, 'must be plain text.');
    if (choices !== undefined && !choices.includes(value)) {
      throw parameterInvalid(field, `must be one of: ${choices.join(', ')}.`);
    }
    found[field] = value;
  }
  return found;
}

/** The same fields, and those of older names under their SEP-9 names. */
export function withSep9Names(fields: Readonly<Record<string, string>>): Record<string, string> {
  const named = { ...fields };
  for (const [old, sep9] of Object.entries(SEP9_NAMES)) {
    const value = fields[old];
    if (value !== undefined && named[sep9] === undefined) named[sep9] = value;
  }
  return named;
}
