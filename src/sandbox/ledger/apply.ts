import { xdr } from '@stellar/stellar-sdk';
import { assert } from '../../kernel/errors.ts';
import {
  innermost,
  operationCount,
  type ParsedEnvelope,
  type ParsedOperation,
  type ParsedTransaction,
} from './envelope.ts';
import { min } from './exchange/arithmetic.ts';
import { encodeKey } from './keys.ts';
import { type ApplyContext, type OperationOutcome, refused } from './operations/operation.ts';
import type { EnvelopeOutcome, TransactionOutcome } from './results.ts';
import { SignatureChecker } from './signatures.ts';
import { existingAccount, removeSigner } from './sponsorship.ts';
import type { LedgerState } from './state.ts';
import type { EntryChange } from './types.ts';
import {
  blankResults,
  checkOperationSignature,
  checkTransaction,
  contextOf,
  type Moment,
  minimumFee,
  type Validity,
} from './validity.ts';

/** What all transactions of one ledger share. */
export interface LedgerScope {
  state: LedgerState;
  moment: Moment;
  /** stroops per operation that this ledger charges: the base fee, or more under surge pricing */
  chargedBaseFee: bigint;
  /** source -> its highest sequence number in this ledger; empty unless an account merges in it */
  highestSequences: ReadonlyMap<string, bigint>;
}

export interface Charge {
  fee: bigint;
  changes: EntryChange[];
}

export interface Application {
  outcome: EnvelopeOutcome;
  transactionChanges: EntryChange[];
  operationChanges: EntryChange[][];
}

type TransactionApplication = Application & { outcome: TransactionOutcome };

function feeOf(envelope: ParsedEnvelope, baseFee: bigint): bigint {
  const asked = minimumFee(operationCount(envelope), baseFee);
  return min(envelope.fee, asked);
}

/** Takes the fee, as far as the balance goes; the reserve does not protect it. */
export function chargeFee(state: LedgerState, envelope: ParsedEnvelope, baseFee: bigint): Charge {
  const point = state.savepoint();
  const account = existingAccount(state, envelope.feeSource);
  const asked = feeOf(envelope, baseFee);
  const fee = min(account.balance, asked);
  state.put({ ...account, balance: account.balance - fee });
  state.header.feePool += fee;
  return { fee, changes: state.changesSince(point) };
}

/** Applies one envelope whose fee is paid. */
export function applyEnvelope(scope: LedgerScope, envelope: ParsedEnvelope, feeCharged: bigint): Application {
  if (envelope.kind === 'transaction') return applyTransaction(scope, envelope, feeCharged, true);
  const { state } = scope;
  const point = state.savepoint();
  const feeSource = state.account(envelope.feeSource);
  if (feeSource) state.touch(feeSource);
  removeOneTimeSigner(state, envelope.feeSource, envelope.hash);
  const before = state.changesSince(point);
  const innerFee = feeOf(envelope.inner, scope.chargedBaseFee);
  const applied = applyTransaction(scope, envelope.inner, innerFee, false);
  const code = applied.outcome.code === 'txSuccess' ? 'txFeeBumpInnerSuccess' : 'txFeeBumpInnerFailed';
  return {
    ...applied,
    outcome: { code, feeCharged, inner: { hash: envelope.inner.hash, outcome: applied.outcome } },
    transactionChanges: [...before, ...applied.transactionChanges],
  };
}

function applyTransaction(
  scope: LedgerScope,
  tx: ParsedTransaction,
  feeCharged: bigint,
  chargesFee: boolean,
): TransactionApplication {
  const { state, moment } = scope;
  const checker = new SignatureChecker(tx.signatures);
  const point = state.savepoint();
  const options = { applying: true, chargeFee: chargesFee };
  const validity = checkTransaction(state, tx, checker, moment, options);
  if (validity.stage !== 'invalid') useSequence(state, tx);
  const failure = finishSignatures(state, tx, checker, validity);
  const transactionChanges = state.changesSince(point);
  if (failure) return { outcome: { ...failure, feeCharged }, transactionChanges, operationChanges: [] };
  return { transactionChanges, ...applyOperations(scope, tx, feeCharged) };
}

function useSequence(state: LedgerState, tx: ParsedTransaction): void {
  const account = existingAccount(state, tx.source);
  assert(account.sequence <= tx.sequence, 'a sequence number goes back');
  const { sequence: sequenceLedger, closeTime } = state.header;
  state.put({ ...account, sequence: tx.sequence, sequenceLedger, sequenceTime: BigInt(closeTime) });
}

type Failure =
  | { code: Exclude<TransactionOutcome['code'], 'txSuccess' | 'txFailed'> }
  | {
      code: 'txFailed';
      operations: xdr.OperationResult[];
    };

/** Signatures of every operation, before any applies; pre-authorized signers are used up, whatever comes. */
function finishSignatures(
  state: LedgerState,
  tx: ParsedTransaction,
  checker: SignatureChecker,
  validity: Validity,
): Failure | undefined {
  if (validity.stage !== 'maybe_valid') {
    removeOneTimeSigners(state, tx);
    return { code: validity.code };
  }
  const failures = tx.operations.map((operation) => checkOperationSignature(state, operation, checker));
  removeOneTimeSigners(state, tx);
  if (failures.some((failure) => failure !== undefined)) {
    const operations = blankResults(tx).map((blank, index) => failures[index]?.result ?? blank);
    return { code: 'txFailed', operations };
  }
  return checker.allUsed() ? undefined : { code: 'txBadAuthExtra' };
}

function removeOneTimeSigners(state: LedgerState, tx: ParsedTransaction): void {
  const sources = new Set([tx.source]);
  for (const operation of tx.operations) sources.add(operation.source);
  for (const source of sources) removeOneTimeSigner(state, source, tx.hash);
}

function removeOneTimeSigner(state: LedgerState, account: string, hash: Buffer): void {
  const signers = state.account(account)?.signers;
  if (!signers || signers.length === 0) return;
  const key = encodeKey('preAuth', hash);
  const signer = signers.find((other) => other.key === key);
  if (signer) removeSigner(state, account, signer);
}

/** Every operation is evaluated, also after one failed; if any failed nothing of them stays. */
function applyOperations(
  scope: LedgerScope,
  tx: ParsedTransaction,
  feeCharged: bigint,
): Omit<TransactionApplication, 'transactionChanges'> {
  const { state } = scope;
  const start = state.savepoint();
  const operations: xdr.OperationResult[] = [];
  const operationChanges: EntryChange[][] = [];
  const undo = (outcome: TransactionOutcome) => {
    state.rollback(start);
    return { outcome, operationChanges: [] };
  };
  let success = true;
  try {
    for (const [index, operation] of tx.operations.entries()) {
      const point = state.savepoint();
      const { ok, result } = applyOperation(scope, tx, operation, index);
      operations.push(result);
      if (!ok) {
        success = false;
        state.rollback(point);
      } else if (success) operationChanges.push(state.changesSince(point));
    }
  } catch {
    // A broken invariant is this transaction's end, not the ledger's (core: txINTERNAL_ERROR).
    return undo({ code: 'txInternalError', feeCharged });
  }
  if (!success) return undo({ code: 'txFailed', feeCharged, operations });
  if (state.hasSponsorships()) return undo({ code: 'txBadSponsorship', feeCharged });
  return { outcome: { code: 'txSuccess', feeCharged, operations }, operationChanges };
}

function applyOperation(
  scope: LedgerScope,
  tx: ParsedTransaction,
  operation: ParsedOperation,
  index: number,
): OperationOutcome {
  const { body, rules, source } = operation;
  if (!rules.supports(body)) return refused(xdr.OperationResult.opNotSupported());
  if (!scope.state.account(source)) return refused(xdr.OperationResult.opNoAccount());
  const context: ApplyContext = {
    ...contextOf(tx, index),
    state: scope.state,
    highestSequence: (account) => scope.highestSequences.get(account),
  };
  return rules.check(body, context) ?? rules.apply(body, context);
}

/** The highest sequence number of each source, needed where an account merges in the same ledger (CAP-21). */
export function highestSequences(envelopes: readonly ParsedEnvelope[]): Map<string, bigint> {
  const highest = new Map<string, bigint>();
  let merges = false;
  for (const envelope of envelopes) {
    const { source, sequence, operations } = innermost(envelope);
    if (sequence > (highest.get(source) ?? 0n)) highest.set(source, sequence);
    merges ||= operations.some(({ body }) => body.switch().name === 'accountMerge');
  }
  return merges ? highest : new Map();
}
