/** Seconds since 1970 as Horizon prints dates; years beyond 9999 carry a plus sign. */
export function isoSeconds(seconds: bigint | number): string {
  const CYCLE = 12_622_780_800n; // 400 Gregorian years
  const time = BigInt(seconds);
  const cycles = time / CYCLE;
  const [date = '', clock = ''] = new Date(Number(time % CYCLE) * 1000).toISOString().slice(0, 19).split('T');
  const [year = '1970', month, day] = date.split('-');
  const full = BigInt(year) + cycles * 400n;
  const text = full > 9999n ? `+${full}` : full.toString().padStart(4, '0');
  return `${text}-${month}-${day}T${clock}Z`;
}
