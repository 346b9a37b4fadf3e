import type { Decision } from '../transfers/index.ts';
import type { Given } from './command.ts';
import type { Io } from './io.ts';
import { usageError } from './output.ts';
import { textOption } from './values.ts';

const NAME = /^[\p{L}\p{N}][\p{L}\p{N}._@+-]{0,59}$/u;
const CONTROL = /\p{Cc}/u;

/**
 * Who decides, and why: both are kept for good.
 *
 * @throws REASON_MISSING, REASON_INVALID, OPERATOR_INVALID (exit 2)
 */
export function decisionOf(given: Given, io: Pick<Io, 'env'>): Decision {
  const reason = textOption(given, 'reason')?.trim() ?? '';
  if (reason === '') {
    throw usageError('REASON_MISSING', 'Say why: --reason TEXT. It is kept in the history.');
  }
  if (reason.length > 300 || CONTROL.test(reason)) {
    throw usageError('REASON_INVALID', 'A reason is one line of at most 300 characters.');
  }
  const name = textOption(given, 'by') ?? io.env.USER ?? io.env.LOGNAME ?? '';
  if (name === '' || !NAME.test(name)) {
    throw usageError('OPERATOR_INVALID', 'Say who decides: --by NAME (letters, digits and . _ @ + -).');
  }
  return { by: `operator:${name}`, reason };
}

/** The argument at that place. @throws ARGUMENT_MISSING (exit 2) */
export function argumentAt(given: Given, at: number): string {
  const value = given.args[at] ?? '';
  if (value === '' || value.length > 200) throw usageError('ARGUMENT_MISSING', 'An id is missing.');
  return value;
}
