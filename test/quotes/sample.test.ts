import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { QUOTES_PRESET } from '../../src/config/project.ts';
import { indicativePrice, NO_DELIVERY, sampleQuotes } from '../../src/quotes/index.ts';
import { createTestAnchor, ISSUER, type TestAnchor } from '../support/anchor.ts';

const SRT = `stellar:SRT:${ISSUER}`;

describe('the sample prices of the sandbox', () => {
  let anchor: TestAnchor;
  beforeAll(async () => {
    const currencies = ['USD', 'EUR', 'GBP', 'BRL', 'MXN', 'NGN', 'PHP', 'IDR'];
    const [usd] = QUOTES_PRESET.assets;
    anchor = await createTestAnchor({
      integrations: { quotes: sampleQuotes },
      project: {
        seps: [1, 10, 38],
        quotes: {
          ...QUOTES_PRESET,
          assets: currencies.map((code) => ({ ...(usd as typeof usd & object), asset: `iso4217:${code}` })),
        },
      },
    });
    await anchor.ctx.db.read.updateTable('assets').set({ sep38_enabled: 1 }).execute();
  });
  afterAll(() => anchor.close());

  it('serve every currency in both directions, with a fee that is not nothing (S38-22, S38-32)', async () => {
    const assets = anchor.ctx.project.quotes?.assets ?? [];
    expect(assets).toHaveLength(8);
    for (const { asset } of assets) {
      const request = { ...NO_DELIVERY, context: 'sep6' as const };
      const sold = await indicativePrice(anchor.ctx, null, {
        ...request,
        sellAsset: SRT,
        buyAsset: asset,
        given: { sell: 1_000_000_000n },
      });
      expect(sold.fee).toBe(10_000_000n);
      const bought = await indicativePrice(anchor.ctx, null, {
        ...request,
        sellAsset: asset,
        buyAsset: SRT,
        given: { buy: 1_000_000_000n },
      });
      expect(bought.buy).toBe(1_000_000_000n);
      expect(bought.fee).toBeGreaterThan(0n);
      // who goes there and back pays both fees, and gains nothing by rounding
      expect(bought.sell).toBeGreaterThan(sold.buy);
    }
  });

  it('know nothing of other currencies', async () => {
    const ask = { sellAsset: 'iso4217:CHF', buyAsset: SRT };
    expect(await sampleQuotes.price(ask as never, {} as never)).toBeNull();
  });
});
