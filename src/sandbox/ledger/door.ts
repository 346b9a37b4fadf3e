import { operationCount, type ParsedEnvelope, type ParsedTransaction } from './envelope.ts';
import type { EnvelopeOutcome, TransactionOutcome } from './results.ts';
import { SignatureChecker } from './signatures.ts';
import type { LedgerState } from './state.ts';
import {
  blankResults,
  type CheckOptions,
  checkFeeBump,
  checkOperation,
  checkTransaction,
  contextOf,
  type Moment,
  minimumFee,
} from './validity.ts';

/**
 * What the core says of an envelope before any ledger holds it (core: checkValid). A success means: it could apply.
 * The fee in the outcome is the least that it would be charged.
 */
export function checkEnvelope(
  state: LedgerState,
  envelope: ParsedEnvelope,
  moment: Moment,
  currentSequence?: bigint,
): EnvelopeOutcome {
  if (envelope.kind === 'transaction') {
    return checkWhole(state, envelope, moment, { applying: false, chargeFee: true, currentSequence });
  }
  const feeCharged = minimumFee(operationCount(envelope), moment.baseFee);
  const failure = checkFeeBump(state, envelope, moment);
  if (failure) return { feeCharged, ...failure };
  const options = { applying: false, chargeFee: false, currentSequence };
  const outcome = checkWhole(state, envelope.inner, moment, options);
  const code = outcome.code === 'txSuccess' ? 'txFeeBumpInnerSuccess' : 'txFeeBumpInnerFailed';
  return { code, feeCharged, inner: { hash: envelope.inner.hash, outcome } };
}

function checkWhole(
  state: LedgerState,
  tx: ParsedTransaction,
  moment: Moment,
  options: CheckOptions,
): TransactionOutcome {
  const feeCharged = options.chargeFee ? minimumFee(tx.operations.length, moment.baseFee) : 0n;
  const checker = new SignatureChecker(tx.signatures);
  const validity = checkTransaction(state, tx, checker, moment, options);
  if (validity.stage !== 'maybe_valid') return { code: validity.code, feeCharged };
  for (const [index, operation] of tx.operations.entries()) {
    const failure = checkOperation(state, operation, contextOf(tx, index), checker);
    if (!failure) continue;
    // The first fault is enough: what follows was not looked at.
    const operations = blankResults(tx);
    operations[index] = failure.result;
    return { code: 'txFailed', feeCharged, operations };
  }
  if (!checker.allUsed()) return { code: 'txBadAuthExtra', feeCharged };
  return { code: 'txSuccess', feeCharged, operations: blankResults(tx) };
}
