import { type Finding, fail, ok, warn } from './check.ts';

type Browse = (url: string, init?: RequestInit) => Promise<Response>;

/** Prices as a wallet asks for them (S38-05, S38-14). */
export async function checkQuotes(browse: Browse, toml: Record<string, unknown>): Promise<Finding[]> {
  const server = toml['ANCHOR_QUOTE_SERVER'];
  if (typeof server !== 'string') return [ok('sep38', 'not offered')];
  const info = await browse(`${server}/info`);
  if (info.status === 403) return [ok('sep38', `${server}: for users only`)];
  const { assets } = (await info.json()) as { assets?: { asset: string }[] };
  if (info.status !== 200 || !Array.isArray(assets)) {
    return [fail('sep38', `${server}/info answers ${info.status} without assets.`)];
  }
  const onchain = assets.find(({ asset }) => asset.startsWith('stellar:'))?.asset;
  if (onchain === undefined || assets.every(({ asset }) => asset.startsWith('stellar:'))) {
    const hint =
      'Switch SEP-38 on for an asset (anchor assets set CODE --seps 24,38), and see quotes.assets in anchor.toml.';
    return [warn('sep38', `It exchanges nothing. ${hint}`)];
  }
  const query = new URLSearchParams({ sell_asset: onchain, sell_amount: '100' });
  const prices = await browse(`${server}/prices?${query}`);
  if (prices.status !== 200) {
    return [fail('sep38', `${server}/prices answers ${prices.status}: see quotes.price in integrations.ts.`)];
  }
  return [ok('sep38', `${server}: ${assets.map(({ asset }) => asset.split(':')[1]).join(', ')}`)];
}
