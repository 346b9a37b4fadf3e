import { describe, expect, it } from 'vitest';
import { QUOTES_PRESET } from '../../src/config/project.ts';
import { faultList, load } from './project-folder.ts';

const toml = (text: string) => ({ 'anchor.toml': `[quotes]\n${text}` });

describe('[quotes] of anchor.toml', () => {
  it('has presets that work', async () => {
    expect((await load()).quotes).toEqual(QUOTES_PRESET);
  });

  it('reads assets with decimals, countries and methods', async () => {
    const project = await load(
      toml(`lifetime_seconds = 90
lifetime_max_seconds = 60
auth_required = true
open_max = 3
[[quotes.assets]]
asset = "iso4217:BRL"
decimals = 4
country_codes = ["BR", "US-CA"]
sell_delivery_methods = [{ name = "PIX", description = "By PIX" }]
[[quotes.assets]]
asset = "iso4217:JPY"
decimals = 0
`),
    );
    expect(project.quotes).toEqual({
      lifetimeSeconds: 90,
      // never shorter than what is given without asking
      lifetimeMaxSeconds: 90,
      authRequired: true,
      openMax: 3,
      assets: [
        {
          asset: 'iso4217:BRL',
          decimals: 4,
          countryCodes: ['BR', 'US-CA'],
          sellDeliveryMethods: [{ name: 'PIX', description: 'By PIX' }],
          buyDeliveryMethods: [],
        },
        {
          asset: 'iso4217:JPY',
          decimals: 0,
          countryCodes: [],
          sellDeliveryMethods: [],
          buyDeliveryMethods: [],
        },
      ],
    });
  });

  it.each([
    'assets = [{ asset = "USD" }]',
    'assets = [{ asset = "stellar:native" }]',
    'assets = [{ asset = "iso4217:usd" }]',
    'assets = [{ decimals = 2 }]',
    'assets = [{ asset = "iso4217:USD", decimals = 8 }]',
    'assets = [{ asset = "iso4217:USD", decimals = 1.5 }]',
    'assets = [{ asset = "iso4217:USD", country_codes = ["USA"] }]',
    'assets = [{ asset = "iso4217:USD", buy_delivery_methods = ["SEPA"] }]',
    'assets = [{ asset = "iso4217:USD", buy_delivery_methods = [{ name = "SEPA" }] }]',
    'assets = [{ asset = "iso4217:USD", buy_delivery_methods = [{ name = "a b", description = "x" }] }]',
    'assets = [{ asset = "iso4217:USD", price = "1" }]',
    'assets = [{ asset = "iso4217:USD" }, { asset = "iso4217:USD" }]',
    'assets = "iso4217:USD"',
  ])('refuses %s', async (text) => {
    expect(await faultList(toml(text), {})).toEqual(['VALUE_INVALID anchor.toml: quotes.assets']);
  });

  it.each(['lifetime_seconds = 9', 'lifetime_max_seconds = 99999999', 'auth_required = 1', 'open_max = 0'])(
    'refuses %s',
    async (text) => {
      expect(await faultList(toml(text), {})).toHaveLength(1);
    },
  );
});
