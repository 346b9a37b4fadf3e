import type { Transaction } from '@stellar/stellar-sdk';
import type { ApprovalRequest } from '../../config/optional-hooks.ts';
import { badInput } from '../../kernel/errors.ts';
import { isMuxed, splitMuxed } from '../../kernel/strkey.ts';
import { loadSdk } from '../../stellar/sdk.ts';
import type { AssetRow } from '../../transfers/rows.ts';

/** @throws TRANSACTION_UNREADABLE (400): no transaction in base64 XDR, or a fee bump */
export async function readTransaction(xdr: string, passphrase: string): Promise<Transaction> {
  const sdk = await loadSdk();
  const unreadable = () =>
    badInput('TRANSACTION_UNREADABLE', 'tx must be a transaction envelope in base64 XDR.');
  // the SDK stops at what is not base64; encoding again shows it
  if (Buffer.from(xdr, 'base64').toString('base64') !== xdr) throw unreadable();
  let read: ReturnType<typeof sdk.TransactionBuilder.fromXDR>;
  try {
    read = sdk.TransactionBuilder.fromXDR(xdr, passphrase);
  } catch {
    throw unreadable();
  }
  if ('innerTransaction' in read) throw unreadable();
  return read;
}

type View = ApprovalRequest['operations'][number];

/** The operations in plain values; what is no text, number, flag or asset is left to the XDR. */
export const operationViews = (transaction: Transaction): View[] =>
  transaction.operations.map((operation) => {
    const plain = Object.entries(operation).flatMap(([name, value]) => {
      const shown = Array.isArray(value) ? value.map(plainValue) : plainValue(value);
      return shown === undefined || (Array.isArray(shown) && !shown.every((one) => typeof one === 'string'))
        ? []
        : [[name, shown] as const];
    });
    return { ...Object.fromEntries(plain), source: operation.source ?? null } as View;
  });

function plainValue(value: unknown): string | number | boolean | undefined {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  const asset = value as { getCode?(): string; getIssuer?(): string; isNative?(): boolean } | null;
  if (typeof asset?.getCode !== 'function' || typeof asset.getIssuer !== 'function') return undefined;
  return asset.isNative?.() ? 'native' : `${asset.getCode()}:${asset.getIssuer()}`;
}

const accountOf = (address: string): string => (isMuxed(address) ? splitMuxed(address).account : address);

const AUTHORIZING = new Set(['authorized', 'authorizedToMaintainLiabilities']);

/**
 * Whether a signature of the issuer can do nothing but (de)authorize trustlines of this asset. Anything else in its name (a payment is
 * new money, setOptions hands over the account) is never signed, whatever the hook says.
 */
export function issuerMaySign(transaction: Transaction, asset: Pick<AssetRow, 'code' | 'issuer'>): boolean {
  if (accountOf(transaction.source) === asset.issuer) return false;
  return transaction.operations.every((operation) => {
    if (operation.source === undefined || accountOf(operation.source) !== asset.issuer) return true;
    if (operation.type === 'allowTrust') return operation.assetCode === asset.code;
    if (operation.type !== 'setTrustLineFlags') return false;
    const { asset: line, flags } = operation;
    const set = Object.entries(flags).filter(([, value]) => value !== undefined);
    return (
      line.getCode() === asset.code &&
      line.getIssuer() === asset.issuer &&
      set.every(([name]) => AUTHORIZING.has(name))
    );
  });
}
