import { type AnchorError, badInput, notFound } from '../../kernel/errors.ts';

/** Faults of requests: each is told to the wallet as `{"error": message}` (SC-30). What was sent is never echoed. */
export const parameterMissing = (name: string): AnchorError =>
  badInput('PARAMETER_MISSING', `${name} is required.`);

export const parameterInvalid = (name: string, rule: string): AnchorError =>
  badInput('PARAMETER_INVALID', `${name} ${rule}`);

export const assetUnsupported = (): AnchorError =>
  badInput('ASSET_UNSUPPORTED', 'This anchor does not offer that asset here. See its /info.');

export const accountUnsupported = (): AnchorError =>
  badInput('ACCOUNT_UNSUPPORTED', 'Contract accounts (C…) are not offered yet; use a G… or M… address.');

/** The same for absent and for foreign records (S24-53, SC-21). */
export const transactionNotFound = (): AnchorError =>
  notFound('TRANSACTION_NOT_FOUND', 'There is no such transaction.');
