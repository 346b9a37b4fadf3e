import { type AnchorError, notFound } from '../../kernel/errors.ts';

/** The same for a quote that does not exist and for another's (S38-38). */
export const quoteNotFound = (): AnchorError => notFound('QUOTE_NOT_FOUND', 'There is no such quote.');
