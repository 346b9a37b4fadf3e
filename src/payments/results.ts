import { type ReadOperation, readPaymentEnvelope } from '../stellar/envelope.ts';
import type { Operation } from '../stellar/operations.ts';
import { loadSdk } from '../stellar/sdk.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { innerOf } from './wrap.ts';

/** What a transaction that was found in a ledger did, operation by operation. */
export interface Outcome {
  /** XDR names such as `txSuccess`, `txFailed` */
  code: string;
  /** of the operations, e.g. `paymentSuccess`, `paymentNoTrust`, `opNoAccount`; empty where none was tried */
  operations: string[];
  feeCharged: bigint;
}

/** @throws whatever the SDK throws for XDR that is none */
export async function readResult(resultXdr: string): Promise<Outcome> {
  const { xdr } = await loadSdk();
  const result = xdr.TransactionResult.fromXDR(resultXdr, 'base64');
  const feeCharged = BigInt(result.feeCharged().toString());
  let inner: { switch(): { name: string }; results(): unknown } = result.result();
  if (inner.switch().name.startsWith('txFeeBumpInner')) {
    inner = result.result().innerResultPair().result().result();
  }
  const code = inner.switch().name;
  if (code !== 'txSuccess' && code !== 'txFailed') return { code, operations: [], feeCharged };
  const results = inner.results() as { switch(): { name: string }; tr(): unknown }[];
  return { code, operations: results.map(operationCode), feeCharged };
}

/** `txSUCCESS`, and that of a fee bump. */
const SUCCESSES = [0, 1];

/**
 * Whether what a server tells of a transaction makes sense: its result can be read and says the same as `successful`. Nothing is booked
 * from one that does not; it is asked for again.
 */
export async function isReadable(
  ctx: Pick<AnchorContext, 'log'>,
  found: { hash: string; successful: boolean; resultXdr: string },
): Promise<boolean> {
  // fee charged, then the code: what comes after it matters where it failed only
  const head = Buffer.from(found.resultXdr.slice(0, 16), 'base64');
  const says = head.length === 12 && SUCCESSES.includes(head.readInt32BE(8));
  const whole = found.successful || (await readResult(found.resultXdr).catch(() => null)) !== null;
  if (says === found.successful && whole) return true;
  ctx.log.error('result_unreadable', { hash: found.hash, successful: found.successful });
  return false;
}

function operationCode(result: { switch(): { name: string }; tr(): unknown }): string {
  const outer = result.switch().name;
  if (outer !== 'opInner') return outer;
  const tr = result.tr() as { value(): { switch(): { name: string } } };
  return tr.value().switch().name;
}

/** The operation types of an envelope or of what its fee bump holds, in order: `payment`, `createAccount`, … */
export const operationTypes = (envelopeXdr: string): string[] =>
  readPaymentEnvelope(innerOf(envelopeXdr)).operations.map((operation) => operation.type);

/** The operations that the engine itself signs, read back from an envelope to sign them anew in the same slot. */
export function readEnvelope(envelopeXdr: string): { operations: Operation[]; feePerOperation: bigint } {
  const { operations, fee } = readPaymentEnvelope(envelopeXdr);
  return { operations: operations.map(toOperation), feePerOperation: fee / BigInt(operations.length) };
}

function toOperation(read: ReadOperation): Operation {
  const { source, ...rest } = read;
  const from = source === null ? {} : { source };
  if (rest.type === 'setTrustLineFlags') {
    const { trustor, asset, set } = rest;
    return { ...from, type: 'setTrustLineFlags', trustor, asset, authorized: set === 1 };
  }
  if (rest.type === 'createClaimableBalance') {
    const claimants = rest.claimants.map((one) => (one.afterSeconds === 0 ? one.account : one));
    return { ...from, ...rest, claimants };
  }
  return { ...from, ...rest };
}
