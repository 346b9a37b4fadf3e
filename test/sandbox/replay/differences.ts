import { xdr } from '@stellar/stellar-sdk';
import { withoutRootsFeeMeta } from './left-out.ts';

export interface Difference {
  /** where, readable: `step "pay" result_xdr`, `final alice account /balances/0/balance` */
  where: string;
  recorded: unknown;
  sandbox: unknown;
}

type Ignore = (path: string) => boolean;

/** The first differing paths of two JSON values; the order of keys does not count. */
export function jsonDifferences(
  where: string,
  recorded: unknown,
  sandbox: unknown,
  ignore: Ignore,
): Difference[] {
  const found: Difference[] = [];
  const walk = (path: string, a: unknown, b: unknown): void => {
    if (Object.is(a, b) || ignore(path)) return;
    const both = [a, b];
    if (both.every((value) => Array.isArray(value)) || both.every(isRecord)) {
      const left = a as Record<string, unknown>;
      const right = b as Record<string, unknown>;
      for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
        walk(`${path}/${key}`, left[key], right[key]);
      }
      return;
    }
    found.push({ where: `${where} ${path || '/'}`, recorded: a, sandbox: b });
  };
  walk('', recorded, sandbox);
  return found;
}

function isRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `txFailed [paymentSuccess, opNoAccount] fee 200`: what a result says, for the reader. */
export function describeResult(base64: string): string {
  try {
    const result = xdr.TransactionResult.fromXDR(base64, 'base64');
    return `${resultCodes(result.result())} fee ${result.feeCharged()} (${base64})`;
  } catch {
    return `not a result: ${base64}`;
  }
}

function resultCodes(result: xdr.TransactionResultResult): string {
  const code = result.switch().name;
  if (code.startsWith('txFeeBumpInner')) {
    const inner = result.innerResultPair().result();
    return `${code}(${resultCodes(inner.result() as unknown as xdr.TransactionResultResult)} fee ${inner.feeCharged()})`;
  }
  if (code !== 'txSuccess' && code !== 'txFailed') return code;
  return `${code} [${result.results().map(operationCode).join(', ')}]`;
}

function operationCode(result: xdr.OperationResult): string {
  if (result.switch().name !== 'opInner') return result.switch().name;
  const inner = result.tr().value() as { switch(): { name: string } };
  return inner.switch().name;
}

/** A JSON body as it is compared: results in words beside their bytes, without what is left out for root. */
export function comparable(body: unknown, root: string): unknown {
  return JSON.parse(JSON.stringify(body), (key, value) =>
    key === 'result_xdr' && typeof value === 'string'
      ? describeResult(value)
      : withoutRootsFeeMeta(value, root),
  );
}

/** Transaction code and, for a fee bump, the code inside. */
export function transactionCodes(base64: string): string[] {
  const result = xdr.TransactionResult.fromXDR(base64, 'base64').result();
  const code = result.switch().name;
  return code.startsWith('txFeeBumpInner')
    ? [code, result.innerResultPair().result().result().switch().name]
    : [code];
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');
}

/** Empty when nothing differs; otherwise the first few differences, one block each. */
export function report(differences: Difference[], limit = 12): string {
  const shown = differences
    .slice(0, limit)
    .map(
      ({ where, recorded, sandbox }) =>
        `${where}\n  recorded: ${text(recorded)}\n  sandbox:  ${text(sandbox)}`,
    );
  const rest = differences.length - shown.length;
  return [...shown, ...(rest > 0 ? [`and ${rest} more`] : [])].join('\n');
}
