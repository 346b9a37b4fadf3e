import type { Given } from './command.ts';
import { usageError } from './output.ts';
import { textOption } from './values.ts';

/** What the customer is told. @throws OPTION_INVALID (exit 2) */
export function messageOption(given: Given): { message?: string } {
  const message = textOption(given, 'message')?.trim();
  if (message === undefined || message === '') return {};
  if (message.length > 500 || /\p{Cc}/u.test(message)) {
    throw usageError('OPTION_INVALID', '--message is one line of at most 500 characters.');
  }
  return { message };
}

/** The arguments after the id. @throws ARGUMENT_INVALID (exit 2) */
export function fieldNames(given: Given): string[] {
  const names = given.args.slice(1).map((name) => name ?? '');
  if (names.every((name) => /^[A-Za-z][\w.]{0,63}$/.test(name))) return [...new Set(names)];
  throw usageError('ARGUMENT_INVALID', 'A field has a name such as photo_id_front.');
}
