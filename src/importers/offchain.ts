/** An asset outside of Stellar as `[[quotes.assets]]` of anchor.toml has it. */
export interface FoundOffchain {
  asset: string;
  decimals: number;
  countryCodes: readonly string[];
  /** countries in a form that anchor.toml does not take: printed as a comment */
  otherCountries: readonly string[];
  sell: readonly { name: string; description: string }[];
  buy: readonly { name: string; description: string }[];
}

/** A text as TOML has it. */
export const tomlText = (text: string): string => JSON.stringify(text).replaceAll('\u007f', '\\u007f');

export const tomlList = (items: readonly string[]): string => `[${items.map(tomlText).join(', ')}]`;

const methods = (list: FoundOffchain['sell']): string =>
  `[${list.map(({ name, description }) => `{ name = ${tomlText(name)}, description = ${tomlText(description)} }`).join(', ')}]`;

/** Lines for anchor.toml. */
export function offchainToml(found: FoundOffchain): string {
  const lines = ['[[quotes.assets]]', `asset = ${tomlText(found.asset)}`, `decimals = ${found.decimals}`];
  if (found.countryCodes.length > 0) lines.push(`country_codes = ${tomlList(found.countryCodes)}`);
  if (found.otherCountries.length > 0) {
    lines.push(
      `# country_codes: write these with two letters: ${found.otherCountries.join(', ').replace(/[^\w, -]/g, '?')}`,
    );
  }
  lines.push(`sell_delivery_methods = ${methods(found.sell)}`);
  lines.push(`buy_delivery_methods = ${methods(found.buy)}`);
  return `${lines.join('\n')}\n`;
}
