import { StrKey, xdr } from '@stellar/stellar-sdk';
import { joinMuxed, splitMuxed } from '../../../kernel/strkey.ts';
import type { Fields } from '../json.ts';

export interface Address {
  account: string;
  /** `M…`, for a muxed address only */
  muxed?: string | undefined;
}

export function addressOf(account: xdr.MuxedAccount): Address {
  if (account.switch() === xdr.CryptoKeyType.keyTypeEd25519()) {
    return { account: StrKey.encodeEd25519PublicKey(account.ed25519()) };
  }
  const plain = StrKey.encodeEd25519PublicKey(account.med25519().ed25519());
  return { account: plain, muxed: joinMuxed(plain, account.med25519().id().toString()) };
}

export const accountOf = (id: xdr.AccountId): string => StrKey.encodeEd25519PublicKey(id.ed25519());

/** `name`, and for a muxed address `name_muxed` and `name_muxed_id`. Horizon leaves out an id of 0. */
export function addressFields(name: string, address: Address, plain = name): Fields {
  const fields: Fields = { [plain]: address.account };
  Object.assign(fields, muxedFields(name, address.muxed));
  return fields;
}

export function muxedFields(name: string, muxed: string | undefined): Fields {
  if (muxed === undefined) return {};
  const { id } = splitMuxed(muxed);
  return { [`${name}_muxed`]: muxed, ...(id === '0' ? {} : { [`${name}_muxed_id`]: id }) };
}

/** The parts of an envelope of any version that rules and pages need. */
export interface OpenEnvelope {
  source: Address;
  sequence: bigint;
  minSequence: bigint | undefined;
  maxFee: string;
  memo: xdr.Memo;
  operations: xdr.Operation[];
  signatures: string[];
  timeBounds: xdr.TimeBounds | null;
  conditions: xdr.PreconditionsV2 | null;
  feeBump?: { source: Address; maxFee: string; signatures: string[] } | undefined;
}

const signaturesOf = (list: xdr.DecoratedSignature[]): string[] =>
  list.map((item) => item.signature().toString('base64'));

function openV0(envelope: xdr.TransactionV0Envelope): OpenEnvelope {
  const tx = envelope.tx();
  return {
    source: { account: StrKey.encodeEd25519PublicKey(tx.sourceAccountEd25519()) },
    sequence: tx.seqNum().toBigInt(),
    minSequence: undefined,
    maxFee: String(tx.fee()),
    memo: tx.memo(),
    operations: tx.operations(),
    signatures: signaturesOf(envelope.signatures()),
    timeBounds: tx.timeBounds() ?? null,
    conditions: null,
  };
}

function openV1(envelope: xdr.TransactionV1Envelope): OpenEnvelope {
  const tx = envelope.tx();
  const kind = tx.cond().switch();
  const conditions = kind === xdr.PreconditionType.precondV2() ? tx.cond().v2() : null;
  const plain = kind === xdr.PreconditionType.precondTime() ? tx.cond().timeBounds() : null;
  return {
    source: addressOf(tx.sourceAccount()),
    sequence: tx.seqNum().toBigInt(),
    minSequence: conditions?.minSeqNum()?.toBigInt(),
    maxFee: String(tx.fee()),
    memo: tx.memo(),
    operations: tx.operations(),
    signatures: signaturesOf(envelope.signatures()),
    timeBounds: conditions?.timeBounds() ?? plain,
    conditions,
  };
}

/** @throws what the decoder throws for bytes that are no envelope */
export function openEnvelope(base64: string): OpenEnvelope {
  const envelope = xdr.TransactionEnvelope.fromXDR(base64, 'base64');
  switch (envelope.switch()) {
    case xdr.EnvelopeType.envelopeTypeTxV0():
      return openV0(envelope.v0());
    case xdr.EnvelopeType.envelopeTypeTxFeeBump(): {
      const bump = envelope.feeBump();
      return {
        ...openV1(bump.tx().innerTx().v1()),
        feeBump: {
          source: addressOf(bump.tx().feeSource()),
          maxFee: bump.tx().fee().toString(),
          signatures: signaturesOf(bump.signatures()),
        },
      };
    }
    default:
      return openV1(envelope.v1());
  }
}
