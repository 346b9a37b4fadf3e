import { AnchorError, badInput } from '../../kernel/errors.ts';

/** Faults of SEP-31 requests beside the shared ones; what was sent is never echoed. */
export const customerUnknown = (name: string): AnchorError =>
  badInput('CUSTOMER_UNKNOWN', `${name} is not the id of a customer that you registered here.`);

export const quoteRequired = (): AnchorError =>
  badInput('QUOTE_REQUIRED', 'A payment in this asset needs the quote_id of a firm quote (SEP-38).');

export const updateUnwanted = (): AnchorError =>
  badInput('UPDATE_UNWANTED', 'No fields of this transaction are asked for now.');

/** The anchor's own word on a payment. */
export const paymentRefused = (reason: string): AnchorError => badInput('PAYMENT_NOT_TAKEN', reason);

/** S31-02. */
export const senderRefused = (): AnchorError =>
  new AnchorError({
    code: 'SENDER_REFUSED',
    message: 'This account is not the one of a sending anchor that we have an agreement with.',
    httpStatus: 403,
  });
