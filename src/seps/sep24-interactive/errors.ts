import { type AnchorError, badInput } from '../../kernel/errors.ts';

export const quotesUnsupported = (): AnchorError =>
  badInput('QUOTE_UNKNOWN', 'There is no such quote: this anchor does not offer quotes.');
