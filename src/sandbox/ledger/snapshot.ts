import { badInput } from '../../kernel/errors.ts';

/** JSON has no 64-bit integers and no bytes: they travel as tagged objects. */
type Plain = string | number | boolean | null | Plain[] | { [key: string]: Plain };

export function toPlain(value: unknown): Plain {
  if (typeof value === 'bigint') return { $int: value.toString() };
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') };
  if (Array.isArray(value)) return value.map(toPlain);
  if (typeof value === 'object' && value !== null) {
    const plain: { [key: string]: Plain } = {};
    for (const [key, member] of Object.entries(value)) if (member !== undefined) plain[key] = toPlain(member);
    return plain;
  }
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return null;
}

export function fromPlain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromPlain);
  if (typeof value !== 'object' || value === null) return value;
  if ('$int' in value) return BigInt(String(value.$int));
  if ('$bytes' in value) return new Uint8Array(Buffer.from(String(value.$bytes), 'base64'));
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, fromPlain(member)]));
}

/** @throws SANDBOX_SNAPSHOT_INVALID (400) */
export function requireSnapshot<T extends { format: number }>(value: unknown, format: number): T {
  const plain = fromPlain(value);
  if (typeof plain === 'object' && plain !== null && 'format' in plain && plain.format === format) {
    return plain as T;
  }
  throw badInput(
    'SANDBOX_SNAPSHOT_INVALID',
    'This is not a snapshot of a sandbox ledger that this version can read.',
    'Start with --reset to begin an empty ledger.',
  );
}
