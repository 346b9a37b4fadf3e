import { createHash } from 'node:crypto';
import { xdr } from '@stellar/stellar-sdk';
import { accountOfMuxed, signerKeyOf } from './keys.ts';
import { rulesFor } from './operations/index.ts';
import type { OperationRules } from './operations/operation.ts';
import { SignatureMemo } from './signatures.ts';
import type { Base64, Hex } from './types.ts';

export const sha256 = (data: Buffer): Buffer => createHash('sha256').update(data).digest();

export interface ParsedOperation {
  /** `G…`: its own source or the transaction's */
  source: string;
  hasOwnSource: boolean;
  body: xdr.OperationBody;
  rules: OperationRules;
}

/** Unix seconds and ledger numbers; 0 and absent mean without bound, as in the XDR. */
export interface Preconditions {
  minTime: bigint;
  maxTime: bigint;
  minLedger: number;
  maxLedger: number;
  minSequence: bigint | undefined;
  minSequenceAge: bigint;
  minSequenceLedgerGap: number;
  /** strkeys */
  extraSigners: string[];
}

interface Common {
  /** of its contents, on this network: what is signed */
  hash: Buffer;
  id: Hex;
  /** of the whole envelope, signatures included */
  fullHash: Hex;
  /** as it stands in the ledger: version 0 becomes version 1 */
  envelopeXdr: Base64;
  /** bid in stroops */
  fee: bigint;
  /** who pays, `G…` */
  feeSource: string;
  signatures: SignatureMemo;
}

export interface ParsedTransaction extends Common {
  kind: 'transaction';
  source: string;
  sequence: bigint;
  operations: ParsedOperation[];
  preconditions: Preconditions;
}

export interface ParsedFeeBump extends Common {
  kind: 'fee_bump';
  inner: ParsedTransaction;
}

export type ParsedEnvelope = ParsedTransaction | ParsedFeeBump;

/** The transaction itself, without a fee bump around it. */
export const innermost = (envelope: ParsedEnvelope): ParsedTransaction =>
  envelope.kind === 'fee_bump' ? envelope.inner : envelope;

/** Operations as fees and ledger limits count them: a fee bump is one more. */
export const operationCount = (envelope: ParsedEnvelope): number =>
  envelope.kind === 'fee_bump' ? envelope.inner.operations.length + 1 : envelope.operations.length;

const ENVELOPE_TYPE_TX = Buffer.from([0, 0, 0, 2]);
const ENVELOPE_TYPE_FEE_BUMP = Buffer.from([0, 0, 0, 5]);
const MAX_BASE64 = 200_000;

const NO_PRECONDITIONS: Preconditions = {
  minTime: 0n,
  maxTime: 0n,
  minLedger: 0,
  maxLedger: 0,
  minSequence: undefined,
  minSequenceAge: 0n,
  minSequenceLedgerGap: 0,
  extraSigners: [],
};

function withTimeBounds(bounds: xdr.TimeBounds | null | undefined): Preconditions {
  if (!bounds) return NO_PRECONDITIONS;
  const minTime = bounds.minTime().toBigInt();
  return { ...NO_PRECONDITIONS, minTime, maxTime: bounds.maxTime().toBigInt() };
}

function preconditionsOf(cond: xdr.Preconditions): Preconditions {
  switch (cond.switch().name) {
    case 'precondTime':
      return withTimeBounds(cond.timeBounds());
    case 'precondV2': {
      const v2 = cond.v2();
      const ledgers = v2.ledgerBounds();
      return {
        ...withTimeBounds(v2.timeBounds()),
        minLedger: ledgers?.minLedger() ?? 0,
        maxLedger: ledgers?.maxLedger() ?? 0,
        minSequence: v2.minSeqNum()?.toBigInt(),
        minSequenceAge: v2.minSeqAge().toBigInt(),
        minSequenceLedgerGap: v2.minSeqLedgerGap(),
        extraSigners: v2.extraSigners().map(signerKeyOf),
      };
    }
    default:
      return NO_PRECONDITIONS;
  }
}

/** Reads envelopes of one network. */
export class EnvelopeReader {
  private readonly networkId: Buffer;

  constructor(passphrase: string) {
    this.networkId = sha256(Buffer.from(passphrase, 'utf8'));
  }

  /** Null for what is no transaction envelope. */
  read(envelopeXdr: Base64): ParsedEnvelope | null {
    if (envelopeXdr.length > MAX_BASE64) return null;
    const bytes = Buffer.from(envelopeXdr, 'base64');
    if (bytes.toString('base64') !== envelopeXdr) return null;
    try {
      return this.parse(xdr.TransactionEnvelope.fromXDR(bytes), bytes);
    } catch {
      return null;
    }
  }

  private parse(envelope: xdr.TransactionEnvelope, bytes: Buffer): ParsedEnvelope | null {
    switch (envelope.switch().name) {
      case 'envelopeTypeTxV0': {
        const v1 = toV1(envelope.v0());
        return this.transaction(v1, xdr.TransactionEnvelope.envelopeTypeTx(v1).toXDR());
      }
      case 'envelopeTypeTx':
        return this.transaction(envelope.v1(), bytes);
      case 'envelopeTypeTxFeeBump':
        return this.feeBump(envelope.feeBump(), bytes);
      default:
        return null;
    }
  }

  private transaction(v1: xdr.TransactionV1Envelope, bytes: Buffer): ParsedTransaction | null {
    const tx = v1.tx();
    const source = accountOfMuxed(tx.sourceAccount());
    const operations: ParsedOperation[] = [];
    for (const operation of tx.operations()) {
      const body = operation.body();
      const rules = rulesFor(body);
      if (!rules) return null;
      const own = operation.sourceAccount();
      operations.push({ source: own ? accountOfMuxed(own) : source, hasOwnSource: !!own, body, rules });
    }
    return {
      kind: 'transaction',
      ...this.common(ENVELOPE_TYPE_TX, tx.toXDR(), v1.signatures(), bytes),
      fee: BigInt(tx.fee()),
      feeSource: source,
      source,
      sequence: tx.seqNum().toBigInt(),
      operations,
      preconditions: preconditionsOf(tx.cond()),
    };
  }

  private feeBump(envelope: xdr.FeeBumpTransactionEnvelope, bytes: Buffer): ParsedFeeBump | null {
    const tx = envelope.tx();
    const v1 = tx.innerTx().v1();
    const inner = this.transaction(v1, xdr.TransactionEnvelope.envelopeTypeTx(v1).toXDR());
    return (
      inner && {
        kind: 'fee_bump',
        ...this.common(ENVELOPE_TYPE_FEE_BUMP, tx.toXDR(), envelope.signatures(), bytes),
        fee: tx.fee().toBigInt(),
        feeSource: accountOfMuxed(tx.feeSource()),
        inner,
      }
    );
  }

  private common(type: Buffer, contents: Buffer, signatures: xdr.DecoratedSignature[], bytes: Buffer) {
    const hash = sha256(Buffer.concat([this.networkId, type, contents]));
    return {
      hash,
      id: hash.toString('hex'),
      fullHash: sha256(bytes).toString('hex'),
      envelopeXdr: bytes.toString('base64'),
      signatures: new SignatureMemo(hash, signatures),
    };
  }
}

/** Both versions have the same hash. */
function toV1(v0: xdr.TransactionV0Envelope): xdr.TransactionV1Envelope {
  const tx = v0.tx();
  const bounds = tx.timeBounds();
  return new xdr.TransactionV1Envelope({
    tx: new xdr.Transaction({
      sourceAccount: xdr.MuxedAccount.keyTypeEd25519(tx.sourceAccountEd25519()),
      fee: tx.fee(),
      seqNum: tx.seqNum(),
      cond: bounds ? xdr.Preconditions.precondTime(bounds) : xdr.Preconditions.precondNone(),
      memo: tx.memo(),
      operations: tx.operations(),
      ext: new xdr.TransactionExt(0),
    }),
    signatures: v0.signatures(),
  });
}
