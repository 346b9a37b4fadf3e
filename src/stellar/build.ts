import { createHash } from 'node:crypto';
import type * as Sdk from '@stellar/stellar-sdk';
import { AnchorError, messageOf } from '../kernel/errors.ts';
import type { Memo } from '../kernel/memos.ts';
import { isMuxed, splitMuxed } from '../kernel/strkey.ts';
import { type KeyPair, rawPublicKey } from './keys.ts';
import { type Operation, toXdr } from './operations.ts';
import { loadSdk, type SdkCore } from './sdk.ts';

export type { Operation } from './operations.ts';

export interface TransactionInput {
  passphrase: string;
  /** `G…` or `M…` */
  source: string;
  /** the sequence number that the transaction itself uses: the account's plus one */
  sequence: bigint;
  /** stroops per operation */
  feePerOperation: bigint;
  /** 1 to 100 */
  operations: readonly Operation[];
  memo?: Memo | null;
  /** Unix seconds; default 0 */
  minTime?: number;
  /** Unix seconds; there is always one */
  maxTime: number;
  /** the first ledger that may not hold it any more (exclusive: core refuses when maxLedger <= ledger) */
  maxLedger?: number;
  minLedger?: number;
  signers: readonly KeyPair[];
}

export interface SignedEnvelope {
  /** base64 */
  xdr: string;
  /** lower-case hex: what the network knows it by */
  hash: string;
  /** equal to hash but for a fee bump */
  innerHash: string;
}

/**
 * Builds and signs a transaction with the SDK; only the signing is our own. Preconditions other than time and ledger bounds
 * are never set (reliability R2).
 *
 * @throws TRANSACTION_INVALID where the SDK refuses the operations
 */
export async function buildTransaction(input: TransactionInput): Promise<SignedEnvelope> {
  const sdk = await loadSdk();
  let transaction: Sdk.Transaction;
  try {
    const source = accountAt(sdk, input.source, input.sequence - 1n);
    const builder = new sdk.TransactionBuilder(source, {
      fee: input.feePerOperation.toString(),
      networkPassphrase: input.passphrase,
    });
    for (const operation of input.operations) builder.addOperation(toXdr(sdk, operation));
    if (input.memo) builder.addMemo(memoOf(sdk, input.memo));
    builder.setTimebounds(input.minTime ?? 0, input.maxTime);
    if (input.maxLedger !== undefined || input.minLedger !== undefined) {
      builder.setLedgerbounds(input.minLedger ?? 0, input.maxLedger ?? 0);
    }
    transaction = withoutMinSequence(builder.build());
  } catch (cause) {
    throw invalid(cause);
  }
  return sign(sdk, transaction, input.signers);
}

export interface FeeBumpInput {
  passphrase: string;
  /** base64 of the signed inner envelope */
  innerXdr: string;
  feeSource: string;
  /** stroops per operation, the fee bump itself counted as one more */
  feePerOperation: bigint;
  signers: readonly KeyPair[];
}

/** The same inner transaction with a higher fee. @throws TRANSACTION_INVALID */
export async function buildFeeBump(input: FeeBumpInput): Promise<SignedEnvelope> {
  const sdk = await loadSdk();
  let bump: Sdk.FeeBumpTransaction;
  try {
    const inner = new sdk.Transaction(input.innerXdr, input.passphrase);
    const fee = input.feePerOperation.toString();
    const source = input.feeSource;
    bump = sdk.TransactionBuilder.buildFeeBumpTransaction(source, fee, inner, input.passphrase);
  } catch (cause) {
    throw invalid(cause);
  }
  return sign(sdk, bump, input.signers);
}

/** Adds signatures to an envelope that has some already, e.g. of co-signers. @throws TRANSACTION_INVALID */
export async function addSignatures(
  envelopeXdr: string,
  passphrase: string,
  signers: readonly KeyPair[],
): Promise<SignedEnvelope> {
  const sdk = await loadSdk();
  let transaction: Sdk.Transaction | Sdk.FeeBumpTransaction;
  try {
    transaction = sdk.TransactionBuilder.fromXDR(envelopeXdr, passphrase);
  } catch (cause) {
    throw invalid(cause);
  }
  return sign(sdk, transaction, signers);
}

function sign(
  sdk: SdkCore,
  transaction: Sdk.Transaction | Sdk.FeeBumpTransaction,
  signers: readonly KeyPair[],
): SignedEnvelope {
  const hash = transaction.hash();
  for (const signer of signers) {
    transaction.signatures.push(
      new sdk.xdr.DecoratedSignature({ hint: Buffer.from(signer.hint), signature: signer.sign(hash) }),
    );
  }
  const hex = hash.toString('hex');
  const inner = 'innerTransaction' in transaction ? transaction.innerTransaction.hash().toString('hex') : hex;
  return { xdr: transaction.toEnvelope().toXDR('base64'), hash: hex, innerHash: inner };
}

/**
 * The SDK writes `minSeqNum: 0` as soon as there are ledger bounds, and with it the network lets a transaction apply while
 * earlier sequence numbers are unused: it would jump over them and kill their slots (reliability R2). Taken out here.
 */
function withoutMinSequence(built: Sdk.Transaction): Sdk.Transaction {
  // in place: to read a hundred operations again takes as long as to build them
  const conditions = (built as unknown as { tx: Sdk.xdr.Transaction }).tx.cond();
  if (conditions.switch().name === 'precondV2') conditions.v2().minSeqNum(null);
  return built;
}

function accountAt(sdk: SdkCore, source: string, sequence: bigint): Sdk.Account | Sdk.MuxedAccount {
  if (!isMuxed(source)) return new sdk.Account(source, sequence.toString());
  return sdk.MuxedAccount.fromAddress(source, sequence.toString());
}

function memoOf(sdk: SdkCore, memo: Memo): Sdk.Memo {
  if (memo.type === 'id') return sdk.Memo.id(memo.value);
  if (memo.type === 'hash') return sdk.Memo.hash(memo.value);
  return sdk.Memo.text(memo.value);
}

const invalid = (cause: unknown): AnchorError =>
  AnchorError.is(cause)
    ? cause
    : new AnchorError({
        code: 'TRANSACTION_INVALID',
        message: `The transaction cannot be built: ${messageOf(cause)}`,
        cause,
      });

/**
 * The id of the claimable balance that operation `operationIndex` of a transaction creates: known before it is sent.
 *
 * @param input.source `G…` or `M…` of the transaction, input.sequence its own sequence number
 * @returns 72 hex digits, as Horizon prints it
 */
export function claimableBalanceId(input: {
  source: string;
  sequence: bigint;
  operationIndex: number;
}): string {
  const account = isMuxed(input.source) ? splitMuxed(input.source).account : input.source;
  const preimage = Buffer.alloc(4 + 4 + 32 + 8 + 4);
  preimage.writeUInt32BE(6, 0); // ENVELOPE_TYPE_OP_ID
  preimage.set(rawPublicKey(account), 8);
  preimage.writeBigInt64BE(input.sequence, 40);
  preimage.writeUInt32BE(input.operationIndex, 48);
  return `00000000${createHash('sha256').update(preimage).digest('hex')}`;
}
