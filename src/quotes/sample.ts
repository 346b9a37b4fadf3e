import type { QuotesIntegration } from '../config/integrations.ts';

/** Units of the currency for one dollar: for trying things out, and worth nothing elsewhere. */
const PER_DOLLAR: Readonly<Record<string, string>> = {
  USD: '1',
  EUR: '0.92',
  GBP: '0.79',
  BRL: '5.42',
  MXN: '18.7',
  NGN: '1540',
  PHP: '58.1',
  IDR: '16300',
};

const perDollar = (asset: string): string | undefined => PER_DOLLAR[asset.slice('iso4217:'.length)];

/** What the sandbox asks where integrations.ts has no prices: every Stellar asset is worth a dollar, and each exchange costs one percent. */
export const sampleQuotes: QuotesIntegration = {
  price({ sellAsset, buyAsset }) {
    const fee = { percent: '1' };
    if (sellAsset.startsWith('stellar:')) {
      const rate = perDollar(buyAsset);
      return rate === undefined ? null : { rate, fee };
    }
    const price = perDollar(sellAsset);
    return price === undefined ? null : { price, fee };
  },
};
