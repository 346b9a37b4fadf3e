import { AnchorError, badInput } from '../../kernel/errors.ts';
import { errorAnswer } from '../shared/answers.ts';

/** S12-01: SEP-12 says 401 where other SEPs say 403. */
export const unauthenticated = (): Response =>
  errorAnswer('This needs the token of a SEP-10 or SEP-45 login.', 401, { 'WWW-Authenticate': 'Bearer' });

/** S12-03, S12-04: what a request says of its sender is not what the login proved. */
export const notYours = (name: string): AnchorError =>
  new AnchorError({
    code: 'CUSTOMER_IDENTITY_MISMATCH',
    message: `${name} is not that of the login.`,
    httpStatus: 403,
    exitStatus: 2,
  });

export const parameterInvalid = (name: string, rule: string): AnchorError =>
  badInput('PARAMETER_INVALID', `${name} ${rule}`);
