import { AnchorError, type AnchorError as Fault } from '../../kernel/errors.ts';

/** What is answered where the anchor has no word of its own on why it refuses. */
export const requestRefused = (message: string): Fault =>
  new AnchorError({ code: 'REQUEST_REFUSED', message, httpStatus: 400, exitStatus: 2 });

export const nothingAsked = (): Fault =>
  new AnchorError({
    code: 'NOTHING_ASKED',
    message: 'This transaction does not wait for information.',
    httpStatus: 400,
    exitStatus: 2,
  });
