import { badInput } from '../../kernel/errors.ts';
import { applyEnvelope, chargeFee, highestSequences, type LedgerScope } from './apply.ts';
import { feeMetaXdr, transactionMetaXdr } from './entry-xdr.ts';
import { operationCount, type ParsedEnvelope, sha256 } from './envelope.ts';
import { chargedBaseFee } from './fees.ts';
import { closedHeader } from './header.ts';
import { isSuccess, transactionResult } from './results.ts';
import type { LedgerState } from './state.ts';
import { transactionSetHash } from './transaction-set.ts';
import type {
  AppliedTransaction,
  ClosedLedger,
  EntryChange,
  LedgerHeader,
  NetworkSettings,
} from './types.ts';

interface Closing {
  state: LedgerState;
  settings: NetworkSettings;
  previous: LedgerHeader;
  sequence: number;
  /** Unix seconds */
  closeTime: number;
  /** in the order of application */
  envelopes: ParsedEnvelope[];
}

interface Recorded {
  applied: AppliedTransaction;
  /** TransactionResultPair */
  pair: Buffer;
}

/**
 * Closes one ledger: all fees first, then each transaction. All of it or, where it throws, nothing.
 * @throws SANDBOX_FEE_SOURCE_MISSING (400) where nobody is there to pay a fee
 */
export function closeLedger(closing: Closing): ClosedLedger {
  const { state } = closing;
  const before = { ...state.header };
  const start = state.savepoint();
  try {
    state.header.sequence = closing.sequence;
    state.header.closeTime = closing.closeTime;
    const closed = applyAll(closing);
    state.seal();
    return closed;
  } catch (error) {
    state.rollback(start);
    state.header = before;
    throw error;
  }
}

function applyAll(closing: Closing): ClosedLedger {
  const { state, settings, envelopes, previous } = closing;
  const scope: LedgerScope = {
    state,
    moment: {
      ledger: closing.sequence,
      closeTime: BigInt(closing.closeTime),
      baseFee: BigInt(settings.baseFee),
      lowerOffset: 0n,
      upperOffset: 0n,
    },
    chargedBaseFee: chargedBaseFee(envelopes, settings.baseFee, settings.operationsPerLedger),
    highestSequences: highestSequences(envelopes),
  };
  const charges = envelopes.map((envelope) => {
    requireFeeSource(state, envelope);
    return chargeFee(state, envelope, scope.chargedBaseFee);
  });
  const recorded = envelopes.map((envelope, index) => {
    const charge = charges[index] as (typeof charges)[number];
    return record(scope, closing, envelope, index, charge.fee, charge.changes);
  });
  const resultHash = resultSetHash(recorded);
  const txSetHash = transactionSetHash(previous.hash, envelopes);
  const stateHash = sha256(Buffer.concat([Buffer.from(previous.hash, 'hex'), txSetHash, resultHash]));
  const hashes = { previousHash: previous.hash, txSetHash, resultHash, stateHash };
  return summary(closedHeader(settings, state.header, hashes), recorded, envelopes);
}

function requireFeeSource(state: LedgerState, envelope: ParsedEnvelope): void {
  if (state.account(envelope.feeSource)) return;
  throw badInput(
    'SANDBOX_FEE_SOURCE_MISSING',
    `The account ${envelope.feeSource} that pays the fee of ${envelope.id} does not exist.`,
  );
}

function record(
  scope: LedgerScope,
  closing: Closing,
  envelope: ParsedEnvelope,
  index: number,
  fee: bigint,
  feeChanges: EntryChange[],
): Recorded {
  const { outcome, transactionChanges, operationChanges } = applyEnvelope(scope, envelope, fee);
  const result = transactionResult(outcome).toXDR();
  const metas = lazyMetas(feeChanges, transactionChanges, operationChanges);
  const applied: AppliedTransaction = {
    ledger: closing.sequence,
    closeTime: closing.closeTime,
    order: index + 1,
    hash: envelope.id,
    innerHash: envelope.kind === 'fee_bump' ? envelope.inner.id : undefined,
    envelopeXdr: envelope.envelopeXdr,
    resultXdr: result.toString('base64'),
    get resultMetaXdr() {
      return metas.result();
    },
    get feeMetaXdr() {
      return metas.fee();
    },
    successful: isSuccess(outcome),
    feeCharged: fee,
    feeAccount: envelope.feeSource,
    feeChanges,
    transactionChanges,
    operationChanges,
  };
  return { applied, pair: Buffer.concat([envelope.hash, result]) };
}

/** Few ever look at the metas: they are encoded when somebody does. */
function lazyMetas(fees: EntryChange[], transaction: EntryChange[], operations: EntryChange[][]) {
  let result: string | undefined;
  let fee: string | undefined;
  return {
    result() {
      result ??= transactionMetaXdr(transaction, operations);
      return result;
    },
    fee() {
      fee ??= feeMetaXdr(fees);
      return fee;
    },
  };
}

/** sha256 of the TransactionResultSet. */
function resultSetHash(recorded: readonly Recorded[]): Buffer {
  const count = Buffer.alloc(4);
  count.writeUInt32BE(recorded.length);
  return sha256(Buffer.concat([count, ...recorded.map(({ pair }) => pair)]));
}

function summary(header: LedgerHeader, recorded: Recorded[], envelopes: ParsedEnvelope[]): ClosedLedger {
  const transactions = recorded.map(({ applied }) => applied);
  const sum = (list: ParsedEnvelope[]) => list.reduce((n, envelope) => n + operationsIn(envelope), 0);
  const successful = envelopes.filter((_, index) => transactions[index]?.successful);
  return {
    header,
    transactions,
    txSetOperationCount: sum(envelopes),
    operationCount: sum(successful),
    successfulCount: successful.length,
    failedCount: transactions.length - successful.length,
  };
}

/** Horizon counts the operations themselves, without the one that a fee bump stands for. */
const operationsIn = (envelope: ParsedEnvelope): number =>
  operationCount(envelope) - (envelope.kind === 'fee_bump' ? 1 : 0);
