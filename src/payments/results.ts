import { parseAmount } from '../kernel/amounts.ts';
import { NATIVE } from '../kernel/assets.ts';
import { assert } from '../kernel/errors.ts';
import type { Operation } from '../stellar/operations.ts';
import { loadSdk } from '../stellar/sdk.ts';

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

function operationCode(result: { switch(): { name: string }; tr(): unknown }): string {
  const outer = result.switch().name;
  if (outer !== 'opInner') return outer;
  const tr = result.tr() as { value(): { switch(): { name: string } } };
  return tr.value().switch().name;
}

/** The operation types of an envelope, in order: `payment`, `createAccount`, `createClaimableBalance`. */
export async function operationTypes(envelopeXdr: string, passphrase: string): Promise<string[]> {
  const sdk = await loadSdk();
  const transaction = sdk.TransactionBuilder.fromXDR(envelopeXdr, passphrase);
  const inner = 'innerTransaction' in transaction ? transaction.innerTransaction : transaction;
  return inner.operations.map((operation) => operation.type);
}

type SdkOperation = { type: string } & Record<string, unknown>;

/** The operations that the engine itself signs, read back from an envelope to sign them anew in the same slot. */
export async function readEnvelope(
  envelopeXdr: string,
  passphrase: string,
): Promise<{ operations: Operation[]; feePerOperation: bigint }> {
  const sdk = await loadSdk();
  const transaction = new sdk.Transaction(envelopeXdr, passphrase);
  const operations = (transaction.operations as unknown as SdkOperation[]).map(toOperation);
  return { operations, feePerOperation: BigInt(transaction.fee) / BigInt(operations.length) };
}

function toOperation(operation: SdkOperation): Operation {
  const source = typeof operation['source'] === 'string' ? { source: operation['source'] } : {};
  const destination = String(operation['destination']);
  const asset = operation['asset'] as { isNative(): boolean; code: string; issuer: string } | undefined;
  const paid = {
    asset: asset === undefined || asset.isNative() ? NATIVE : { code: asset.code, issuer: asset.issuer },
  };
  switch (operation.type) {
    case 'createAccount': {
      const startingBalance = parseAmount(operation['startingBalance']);
      return { ...source, type: 'createAccount', destination, startingBalance };
    }
    case 'payment':
      return { ...source, ...paid, type: 'payment', destination, amount: parseAmount(operation['amount']) };
    case 'createClaimableBalance': {
      const claimants = (operation['claimants'] as { destination: string }[]).map((one) => one.destination);
      const amount = parseAmount(operation['amount']);
      return { ...source, ...paid, type: 'createClaimableBalance', amount, claimants };
    }
    default:
      assert(false, `an operation ${operation.type} among payments`);
  }
}
