import type { FoundOffchain } from '../offchain.ts';
import { offchainToml } from '../offchain.ts';
import type { ReportRow } from '../report.ts';
import { type PolarisRow, textOf } from './values.ts';

interface Tables {
  assets: readonly PolarisRow[];
  methods: readonly PolarisRow[];
  /** which method belongs to which asset */
  links: readonly PolarisRow[];
  pairs: readonly PolarisRow[];
}

/** Assets outside of Stellar, as lines for anchor.toml; exchange pairs, where not all were offered. */
export function readOffchain(
  tables: Tables,
  known: readonly string[],
): { toml: string; rows: ReportRow[]; notes: string[] } {
  const rows: ReportRow[] = [];
  const texts: string[] = [];
  for (const row of tables.assets) {
    const id = `${textOf(row, 'scheme') ?? '?'}:${textOf(row, 'identifier') ?? '?'}`;
    const line = { what: 'offchain_asset' as const, id, name: id };
    if (!/^iso4217:[A-Z]{3}$/.test(id)) {
      rows.push({
        ...line,
        outcome: 'left_out',
        why: 'only currencies (iso4217) are exchanged outside of Stellar',
      });
    } else if (known.includes(id)) rows.push({ ...line, outcome: 'there', why: 'anchor.toml has it' });
    else {
      texts.push(offchainToml(offchainOf(row, id, tables)));
      rows.push({ ...line, outcome: 'printed', why: 'put the lines into anchor.toml' });
    }
  }
  const pairs = tables.pairs.map((row) => `${textOf(row, 'sell_asset')} for ${textOf(row, 'buy_asset')}`);
  const notes =
    pairs.length === 0
      ? []
      : [
          `Polaris offered these pairs only; here every asset with SEP-38 is exchanged with every asset of [[quotes.assets]], so answer null to the others in quotes.price: ${pairs.join(', ')}`,
        ];
  return { toml: texts.join('\n'), rows, notes };
}

function offchainOf(row: PolarisRow, asset: string, { methods, links }: Tables): FoundOffchain {
  const own = new Set(
    links
      .filter((link) => String(link['offchainasset_id']) === String(row['id']))
      .map((link) => String(link['deliverymethod_id'])),
  );
  const of = (type: string) =>
    methods
      .filter((method) => own.has(String(method['id'])) && textOf(method, 'type') === type)
      .map((method) => {
        const name = textOf(method, 'name') ?? '';
        return {
          name: name.replace(/[^A-Za-z0-9_-]+/g, '_').slice(0, 50),
          description: textOf(method, 'description') ?? name,
        };
      });
  const countries = (textOf(row, 'country_codes') ?? '')
    .split(',')
    .map((code) => code.trim())
    .filter((code) => code !== '');
  const short = (code: string): boolean => /^[A-Z]{2}(?:-[A-Z0-9]{1,3})?$/.test(code);
  const decimals = textOf(row, 'significant_decimals') ?? '2';
  return {
    asset,
    decimals: /^[0-7]$/.test(decimals) ? Number(decimals) : 2,
    countryCodes: countries.filter(short),
    otherCountries: countries.filter((code) => !short(code)),
    sell: of('sell'),
    buy: of('buy'),
  };
}
