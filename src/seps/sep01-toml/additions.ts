import * as v from 'valibot';
import type { AnchorContext } from '../../transfers/context.ts';
import { callHook } from '../../transfers/hooks.ts';
import type { TomlTable } from './write.ts';

const table = v.record(v.string(), v.unknown());
const texts = v.record(v.string(), v.string());

const schema = v.looseObject({
  DOCUMENTATION: v.optional(texts),
  PRINCIPALS: v.optional(v.array(texts)),
  CURRENCIES: v.optional(v.array(v.looseObject({ code: v.string() }))),
  VALIDATORS: v.optional(v.array(texts)),
});

export interface Additions {
  documentation: TomlTable;
  principals: TomlTable[];
  currencies: TomlTable[];
  validators: TomlTable[];
  /** keys of the top level that we do not generate */
  other: TomlTable;
}

/** What the toml integration adds; nothing where there is none. @throws HOOK_FAILED, HOOK_ANSWER_INVALID */
export async function additionsOf(ctx: AnchorContext): Promise<Additions> {
  const hook = ctx.project.integrations.toml;
  const answer = hook === undefined ? {} : await callHook(ctx, 'toml', (context) => hook(context), schema);
  const {
    DOCUMENTATION = {},
    PRINCIPALS = [],
    CURRENCIES = [],
    VALIDATORS = [],
    ...other
  } = answer as v.InferOutput<typeof schema>;
  return {
    documentation: DOCUMENTATION,
    principals: PRINCIPALS,
    currencies: CURRENCIES,
    validators: VALIDATORS,
    other: v.parse(table, other),
  };
}
