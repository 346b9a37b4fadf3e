/** JSON that keeps bigints. */
export function encode(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'bigint' ? { $bigint: item.toString() } : item,
  );
}

export function decode(text: string): unknown {
  return JSON.parse(text, (_key, item: unknown) => {
    const big = (item as { $bigint?: unknown } | null)?.$bigint;
    return typeof big === 'string' ? BigInt(big) : item;
  });
}
