import type { AskedField } from '../config/customers.ts';
import { type CustomersContext, rulesOf } from './context.ts';
import type { FieldRow, StatusRow } from './find.ts';

/** What is still missing of the fields that are asked for. */
export interface Verdict {
  /** never given, or rejected and to be sent anew */
  missing: AskedField[];
  /** given, and to be confirmed with a code */
  unconfirmed: string[];
  /** whether nothing that is required is missing or unconfirmed */
  complete: boolean;
}

/** Compares what is asked with what was given (S12-14, S12-15, S12-18). */
export function judge(asked: readonly AskedField[], given: readonly FieldRow[]): Verdict {
  const byName = new Map(given.map((field) => [field.name, field]));
  const missing: AskedField[] = [];
  const unconfirmed: string[] = [];
  let complete = true;
  for (const field of asked) {
    const row = byName.get(field.name);
    const wanted = row === undefined || row.state === 'rejected';
    if (wanted) missing.push(field);
    else if (row.state === 'unconfirmed') unconfirmed.push(field.name);
    // something that was given and rejected must be put right, whether or not it had to be given
    if ((wanted && (!field.optional || row !== undefined)) || row?.state === 'unconfirmed') complete = false;
  }
  return { missing, unconfirmed, complete };
}

/** What a customer of this type is asked for: the type's fields, and what a review asked for beside them. */
export function askedFor(
  ctx: Pick<CustomersContext, 'project'>,
  type: string,
  row: Pick<StatusRow, 'asked'> | undefined,
): readonly AskedField[] {
  const fields = rulesOf(ctx.project).types.get(type) ?? [];
  if (row === undefined || row.asked === null) return fields;
  const names = JSON.parse(row.asked) as string[];
  return askedWith(
    fields,
    names.map((name) => ({ name, optional: false })),
  );
}

/** The fields of a type, and what a transaction needs beyond them; required wins over optional. */
export function askedWith(asked: readonly AskedField[], more: readonly AskedField[]): AskedField[] {
  const all = new Map<string, AskedField>();
  for (const field of [...asked, ...more]) {
    const known = all.get(field.name);
    all.set(
      field.name,
      known === undefined ? field : { name: field.name, optional: known.optional && field.optional },
    );
  }
  return [...all.values()];
}
