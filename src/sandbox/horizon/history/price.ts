/** n/d with seven decimals, halves rounded up, as Horizon prints prices. */
export function priceText(n: number | bigint, d: number | bigint): string {
  const scaled = (BigInt(n) * 20_000_000n + BigInt(d)) / (BigInt(d) * 2n);
  const digits = scaled.toString().padStart(8, '0');
  return `${digits.slice(0, -7)}.${digits.slice(-7)}`;
}

export const priceFields = (n: number, d: number) => ({ price: priceText(n, d), price_r: { n, d } });
