import type { QuotesSettings } from '../../src/config/project.ts';

/** What the anchor exchanges its asset for. */
export const EURO = 'iso4217:EUR';

const HUNDREDTHS = [80n, 75n, 84n, 79n, 82n];
const MINUTE = 60_000;

/** Hundredths of a euro for one unit of the asset at a time (milliseconds since 1970): another one every minute. */
export function rateAt(ms: number): bigint {
  return HUNDREDTHS[Math.floor(ms / MINUTE) % HUNDREDTHS.length] as bigint;
}

/** Every rate that held at some time between the two. */
export function ratesBetween(from: number, until: number): bigint[] {
  const rates = new Set([rateAt(until)]);
  for (let at = from; at < until && rates.size < HUNDREDTHS.length; at += MINUTE) rates.add(rateAt(at));
  return [...rates];
}

/** The anchor's settings: quotes hold as long as transactions wait for their money. */
export const quotesWith = (expireMs: number): QuotesSettings => ({
  assets: [{ asset: EURO, decimals: 2, countryCodes: [], sellDeliveryMethods: [], buyDeliveryMethods: [] }],
  lifetimeSeconds: expireMs / 1_000,
  lifetimeMaxSeconds: expireMs / 1_000,
  authRequired: false,
  openMax: 1_000,
});
