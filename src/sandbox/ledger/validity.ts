import { xdr } from '@stellar/stellar-sdk';
import type { ParsedFeeBump, ParsedOperation, ParsedTransaction } from './envelope.ts';
import { signerParts } from './keys.ts';
import { inner, type OperationContext, type OperationOutcome, refused } from './operations/operation.ts';
import type { SimpleCode } from './results.ts';
import { SignatureChecker } from './signatures.ts';
import { availableLumens } from './sponsorship.ts';
import type { LedgerState } from './state.ts';
import type { AccountEntry } from './types.ts';

/** The ledger against which an envelope is looked at. */
export interface Moment {
  ledger: number;
  /** Unix seconds */
  closeTime: bigint;
  /** stroops per operation */
  baseFee: bigint;
  /** seconds by which the ledger that applies it may close later than `closeTime`; 0 when applying */
  upperOffset: bigint;
  lowerOffset: bigint;
}

export interface CheckOptions {
  applying: boolean;
  /** false inside of a fee bump */
  chargeFee: boolean;
  /** sequence number that counts as the account's, where another transaction is queued before; else the account's own */
  currentSequence?: bigint | undefined;
}

/** How far a transaction got: what still happens to it when it applies depends on it (core: ValidationType). */
export type Stage = 'invalid' | 'invalid_update_sequence' | 'invalid_post_auth' | 'maybe_valid';

export type Validity = { stage: 'maybe_valid' } | { stage: Exclude<Stage, 'maybe_valid'>; code: SimpleCode };

const invalid = (code: SimpleCode): Validity => ({ stage: 'invalid', code });

const thresholds = { low: 'lowThreshold', medium: 'mediumThreshold', high: 'highThreshold' } as const;

export const minimumFee = (operations: number, baseFee: bigint): bigint =>
  baseFee * BigInt(Math.max(1, operations));

function isTooEarly({ preconditions: p }: ParsedTransaction, m: Moment): boolean {
  return p.minTime > m.closeTime + m.lowerOffset || p.minLedger > m.ledger;
}

function isTooLate({ preconditions: p }: ParsedTransaction, m: Moment): boolean {
  const late = p.maxTime !== 0n && p.maxTime < m.closeTime + m.upperOffset;
  return late || (p.maxLedger !== 0 && p.maxLedger <= m.ledger);
}

function areExtraSignersMalformed(signers: string[]): boolean {
  if (signers.length === 2 && signers[0] === signers[1]) return true;
  return signers.some((key) => {
    const parts = signerParts(key);
    return parts.type === 'signed_payload' && parts.payload.length === 0;
  });
}

/** Independent of the state of the account. */
function checkBeforeSequence(
  state: LedgerState,
  tx: ParsedTransaction,
  moment: Moment,
  chargeFee: boolean,
): SimpleCode | undefined {
  if (areExtraSignersMalformed(tx.preconditions.extraSigners)) return 'txMalformed';
  if (tx.operations.length === 0) return 'txMissingOperation';
  if (isTooEarly(tx, moment)) return 'txTooEarly';
  if (isTooLate(tx, moment)) return 'txTooLate';
  if (chargeFee && tx.fee < minimumFee(tx.operations.length, moment.baseFee)) return 'txInsufficientFee';
  return state.account(tx.source) ? undefined : 'txNoAccount';
}

const INT64_MAX = 2n ** 63n - 1n;

function isBadSequence(tx: ParsedTransaction, current: bigint, moment: Moment): boolean {
  // The number an account would begin with in this ledger is never used: a merge could make it come twice.
  if (tx.sequence === BigInt(moment.ledger) << 32n) return true;
  const { minSequence } = tx.preconditions;
  if (minSequence !== undefined) return current < minSequence || current >= tx.sequence;
  return current === INT64_MAX || current + 1n !== tx.sequence;
}

function isTooEarlyForAccount(tx: ParsedTransaction, account: AccountEntry, m: Moment): boolean {
  const { minSequenceAge: age, minSequenceLedgerGap: gap } = tx.preconditions;
  const time = m.closeTime + m.lowerOffset;
  if (age > time || time - age < account.sequenceTime) return true;
  return gap > m.ledger || m.ledger - gap < account.sequenceLedger;
}

function hasExtraSignatures(tx: ParsedTransaction, checker: SignatureChecker): boolean {
  const { extraSigners } = tx.preconditions;
  if (extraSigners.length === 0) return true;
  return checker.reaches(
    extraSigners.map((key) => ({ key, weight: 1 })),
    extraSigners.length,
  );
}

/** Everything about a transaction but its operations (core: TransactionFrame::commonValid). Changes nothing. */
export function checkTransaction(
  state: LedgerState,
  tx: ParsedTransaction,
  checker: SignatureChecker,
  moment: Moment,
  options: CheckOptions,
): Validity {
  const early = checkBeforeSequence(state, tx, moment, options.chargeFee);
  if (early) return invalid(early);
  const account = state.account(tx.source) as AccountEntry;
  if (isBadSequence(tx, options.currentSequence ?? account.sequence, moment)) return invalid('txBadSeq');

  const stage = 'invalid_update_sequence';
  if (isTooEarlyForAccount(tx, account, moment)) return { stage, code: 'txBadMinSeqAgeOrGap' };
  if (!checker.accountReaches(account, account.lowThreshold)) return { stage, code: 'txBadAuth' };
  if (!hasExtraSignatures(tx, checker)) return { stage, code: 'txBadAuth' };

  // When it applies the fee is already paid.
  const feeToPay = options.applying ? 0n : tx.fee;
  if (options.chargeFee && availableLumens(state, account) < feeToPay) {
    return { stage: 'invalid_post_auth', code: 'txInsufficientBalance' };
  }
  return { stage: 'maybe_valid' };
}

/** The outer part of a fee bump. `feeCharged` where the core answers the fee that would have been enough. */
export function checkFeeBump(
  state: LedgerState,
  bump: ParsedFeeBump,
  moment: Moment,
): { code: SimpleCode; feeCharged?: bigint } | undefined {
  const operations = bump.inner.operations.length;
  const outerMinimum = minimumFee(operations + 1, moment.baseFee);
  const innerMinimum = minimumFee(operations, moment.baseFee);
  if (bump.fee < outerMinimum) return { code: 'txInsufficientFee' };
  // The bid per operation must not be lower than that of the inner transaction.
  const needed = bump.inner.fee * outerMinimum;
  if (bump.fee * innerMinimum < needed) {
    const feeCharged = (needed + innerMinimum - 1n) / innerMinimum;
    return { code: 'txInsufficientFee', feeCharged: feeCharged > INT64_MAX ? INT64_MAX : feeCharged };
  }
  const account = state.account(bump.feeSource);
  if (!account) return { code: 'txNoAccount' };
  const checker = new SignatureChecker(bump.signatures);
  if (!checker.accountReaches(account, account.lowThreshold)) return { code: 'txBadAuth' };
  if (availableLumens(state, account) < bump.fee) return { code: 'txInsufficientBalance' };
  return checker.allUsed() ? undefined : { code: 'txBadAuthExtra' };
}

/** Whether who must sign for an operation did. Undefined: yes. */
export function checkOperationSignature(
  state: LedgerState,
  operation: ParsedOperation,
  checker: SignatureChecker,
): OperationOutcome | undefined {
  const account = state.account(operation.source);
  if (account) {
    const level = thresholds[operation.rules.threshold(operation.body)];
    return checker.accountReaches(account, account[level]) ? undefined : badAuth();
  }
  if (!operation.hasOwnSource) return refused(xdr.OperationResult.opNoAccount());
  // The account may be created before the operation applies; its master key must have signed.
  const signed = checker.reaches([{ key: operation.source, weight: 1 }], 0);
  return signed ? undefined : badAuth();
}

const badAuth = (): OperationOutcome => refused(xdr.OperationResult.opBadAuth());

/** Door check of one operation. Undefined: fine so far. */
export function checkOperation(
  state: LedgerState,
  operation: ParsedOperation,
  context: OperationContext,
  checker: SignatureChecker,
): OperationOutcome | undefined {
  const { body, rules } = operation;
  if (!rules.supports(body)) return refused(xdr.OperationResult.opNotSupported());
  return checkOperationSignature(state, operation, checker) ?? rules.check(body, context);
}

export const contextOf = (tx: ParsedTransaction, index: number): OperationContext => ({
  source: (tx.operations[index] as ParsedOperation).source,
  index,
  transaction: { source: tx.source, sequence: tx.sequence },
});

export const blankResults = (tx: ParsedTransaction): xdr.OperationResult[] =>
  tx.operations.map((operation) => inner(operation.rules.blank()));
