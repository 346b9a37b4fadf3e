import { AnchorError, badInput, notFound } from '../kernel/errors.ts';
import type { Translate } from './messages/index.ts';

/** One answer for what does not exist and for what is somebody else's, byte for byte (S12-08). */
export const customerNotFound = (): AnchorError =>
  notFound('CUSTOMER_NOT_FOUND', 'There is no such customer.', 'See: anchor customers list');

export const typeUnknown = (text: Translate, types: readonly string[]): AnchorError =>
  badInput('CUSTOMER_TYPE_UNKNOWN', text('type_unknown', { types: types.join(', ') }));

/** S12-29: names the field, never repeats the value. */
export const fieldInvalid = (name: string, rule: string): AnchorError =>
  badInput('CUSTOMER_FIELD_INVALID', `${name}: ${rule}`);

export const codeWrong = (name: string, rule: string): AnchorError =>
  badInput('CUSTOMER_CODE_WRONG', `${name}: ${rule}`);

/** S12-28: the same for files that do not exist, are somebody else's, or have expired. */
export const fileUnknown = (name: string, rule: string): AnchorError =>
  badInput('CUSTOMER_FILE_UNKNOWN', `${name}_file_id: ${rule}`);

export const fileTooLarge = (rule: string): AnchorError =>
  new AnchorError({ code: 'CUSTOMER_FILE_TOO_LARGE', message: rule, httpStatus: 413, exitStatus: 2 });

export const tooManyFiles = (rule: string): AnchorError => badInput('CUSTOMER_FILES_TOO_MANY', rule);
