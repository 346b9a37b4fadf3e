import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Person, SendView } from '../sending/index.ts';
import type { Given } from './command.ts';
import type { Io } from './io.ts';
import { printJson, usageError } from './output.ts';
import { textOption } from './values.ts';

/** The texts of a JSON file that an option names. @throws FILE_UNREADABLE, OPTION_INVALID (exit 2) */
export function textsOption(given: Given, io: Io, name: string): Record<string, string> | undefined {
  const path = textOption(given, name);
  if (path === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(resolve(io.cwd, path), 'utf8'));
  } catch {
    throw usageError('FILE_UNREADABLE', `--${name}: ${path} cannot be read, or is not JSON.`);
  }
  const plain = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (plain && Object.values(value as object).every((one) => typeof one === 'string')) {
    return value as Record<string, string>;
  }
  throw usageError(
    'OPTION_INVALID',
    `--${name}: ${path} must be a JSON object of texts, such as {"first_name": "Ada"}.`,
  );
}

/** A file of SEP-9 fields; `id` in it is our own id of the person. */
export function personOption(given: Given, io: Io, name: 'sender' | 'receiver'): Person {
  const { id, ...fields } = textsOption(given, io, name) ?? {};
  return id === undefined ? { fields } : { id, fields };
}

export function printSend(given: Given, io: Io, view: SendView): void {
  if (given.json) {
    printJson(io, view);
    return;
  }
  const { remote } = view;
  const lines = [
    `${view.id}  ${view.state}`,
    `  key          ${view.key}`,
    `  to           ${view.to}`,
    `  amount       ${view.amount} ${view.asset}${view.amount_sent === null ? '' : `: fee ${view.amount_fee}, sent on ${view.amount_sent}`}`,
    ...(view.reference === null
      ? []
      : [`  paid in by    the bank reference ${view.reference}, until ${view.pay_until ?? 'it came'}`]),
    ...(remote.id === null ? [] : [`  there        ${remote.id}: ${remote.status ?? 'not asked yet'}`]),
    ...(remote.amount_out === null
      ? []
      : [`  receiver     gets ${remote.amount_out} ${remote.amount_out_asset ?? ''}`]),
    ...(view.stellar_transaction_id === null ? [] : [`  Stellar      ${view.stellar_transaction_id}`]),
    ...(view.transaction_id === null ? [] : [`  money        anchor tx show ${view.transaction_id}`]),
    ...(view.waiting_for === null ? [] : [`  waits for    ${view.waiting_for}`]),
    ...view.history.map(({ at, state, reason }) => `  ${at}  ${state.padEnd(16)} ${reason}`),
  ];
  io.stdout(`${lines.join('\n')}\n`);
}
