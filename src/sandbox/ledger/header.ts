import { xdr } from '@stellar/stellar-sdk';
import { sha256 } from './envelope.ts';
import type { StateHeader } from './state.ts';
import type { LedgerHeader, NetworkSettings } from './types.ts';

export const ZERO_HASH = '0'.repeat(64);

export interface HeaderHashes {
  previousHash: string;
  txSetHash: Buffer;
  resultHash: Buffer;
  /** stands for the bucket list, which a single process has none of: the chain of all results so far */
  stateHash: Buffer;
}

/** A closed ledger's header with its bytes and hash. */
export function closedHeader(
  settings: NetworkSettings,
  state: StateHeader,
  hashes: HeaderHashes,
): LedgerHeader {
  const header = new xdr.LedgerHeader({
    ledgerVersion: settings.protocolVersion,
    previousLedgerHash: Buffer.from(hashes.previousHash, 'hex'),
    scpValue: new xdr.StellarValue({
      txSetHash: hashes.txSetHash,
      closeTime: new xdr.Uint64(BigInt(state.closeTime)),
      upgrades: [],
      ext: xdr.StellarValueExt.stellarValueBasic(),
    }),
    txSetResultHash: hashes.resultHash,
    bucketListHash: hashes.stateHash,
    ledgerSeq: state.sequence,
    totalCoins: new xdr.Int64(state.totalCoins),
    feePool: new xdr.Int64(state.feePool),
    inflationSeq: 0,
    idPool: new xdr.Uint64(state.idPool),
    baseFee: settings.baseFee,
    baseReserve: settings.baseReserve,
    maxTxSetSize: settings.operationsPerLedger,
    skipList: [0, 1, 2, 3].map(() => Buffer.alloc(32)),
    ext: new xdr.LedgerHeaderExt(0),
  });
  const bytes = header.toXDR();
  return {
    sequence: state.sequence,
    hash: sha256(bytes).toString('hex'),
    previousHash: hashes.previousHash,
    closeTime: state.closeTime,
    protocolVersion: settings.protocolVersion,
    baseFee: settings.baseFee,
    baseReserve: settings.baseReserve,
    maxTxSetSize: settings.operationsPerLedger,
    totalCoins: state.totalCoins,
    feePool: state.feePool,
    idPool: state.idPool,
    headerXdr: bytes.toString('base64'),
  };
}
