import { AnchorError, badInput } from '../kernel/errors.ts';

/** Faults of requests for prices and quotes: what was sent is never echoed. */
export const assetNotOffered = (name: string): AnchorError =>
  badInput('QUOTE_ASSET_UNSUPPORTED', `This anchor does not exchange the ${name}. See /sep38/info.`);

export const pairNotOffered = (): AnchorError =>
  badInput('QUOTE_PAIR_UNSUPPORTED', 'This anchor does not exchange the one of these assets for the other.');

export const methodInvalid = (message: string): AnchorError => badInput('DELIVERY_METHOD_INVALID', message);

export const countryInvalid = (): AnchorError =>
  badInput('COUNTRY_CODE_INVALID', 'country_code is not one that /sep38/info lists for this asset.');

export const quoteRefused = (text: string): AnchorError => badInput('QUOTE_REFUSED', text);

export const expiryInvalid = (message: string): AnchorError => badInput('QUOTE_EXPIRY_INVALID', message);

/** The anchor's own prices are away, or make no sense: 503, and no quote. */
export const priceUnavailable = (cause?: unknown): AnchorError =>
  new AnchorError({
    code: 'PRICE_UNAVAILABLE',
    message: 'There is no price at the moment. Please try again.',
    hint: 'See the log of quotes.price in integrations.ts.',
    httpStatus: 503,
    cause,
  });

/**
 * One answer for every quote that a transaction cannot use: unknown, another account's, used, expired, or made for another purpose (S24-25).
 */
export const quoteUnusable = (): AnchorError =>
  badInput(
    'QUOTE_UNUSABLE',
    'quote_id names no quote of yours that can be used here: it has expired, was used already, or is for something else.',
  );

export const isPriceFault = (error: unknown): boolean =>
  AnchorError.is(error) && ['PRICE_UNAVAILABLE', 'HOOK_FAILED', 'HOOK_ANSWER_INVALID'].includes(error.code);

export const isRefusal = (error: unknown): boolean => AnchorError.is(error) && error.code === 'QUOTE_REFUSED';
