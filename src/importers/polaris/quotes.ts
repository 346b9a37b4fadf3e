import type { Insertable } from 'kysely';
import { QUOTES_PRESET } from '../../config/project.ts';
import type { QuotesTable } from '../../database/schema.ts';
import { assetId } from '../../kernel/assets.ts';
import { badInput, messageOf } from '../../kernel/errors.ts';
import type { ImportContext } from '../context.ts';
import type { ReportRow } from '../report.ts';
import type { PlannedAsset } from './assets.ts';
import { assetIdOf, nowOf, principalOfRow, shownId } from './transactions.ts';
import { idOf, type PolarisRow, textOf, timeOf, unitsOf } from './values.ts';

type ImportedQuote = Insertable<QuotesTable> & { id: string };

export interface QuotesFound {
  quotes: readonly PolarisRow[];
  transactions: readonly PolarisRow[];
  methods: readonly PolarisRow[];
  assets: ReadonlyMap<string, PlannedAsset>;
}

/** Firm quotes that nobody has used and that still hold. Used ones stand with their transactions, the others promise nothing. */
export async function readQuotes(
  ctx: ImportContext,
  found: QuotesFound,
): Promise<{ imported: ImportedQuote[]; rows: ReportRow[] }> {
  const used = new Set(found.transactions.flatMap((row) => textOf(row, 'quote_id') ?? []));
  const senders = new Set(
    found.transactions
      .filter((row) => textOf(row, 'kind') === 'send')
      .map((row) => textOf(row, 'stellar_account')),
  );
  const now = nowOf(ctx);
  const imported: ImportedQuote[] = [];
  const rows: ReportRow[] = [];
  for (const row of found.quotes) {
    if (textOf(row, 'type') !== 'firm' || used.has(textOf(row, 'id') ?? '')) continue;
    const line = {
      what: 'quote' as const,
      id: shownId(row),
      name: `${textOf(row, 'sell_asset') ?? '?'} for ${textOf(row, 'buy_asset') ?? '?'}`,
    };
    try {
      const expires = timeOf(row, 'expires_at');
      if (expires === null || expires <= now) continue;
      const quote = quoteOf(ctx, row, found, {
        expires,
        now,
        sender: senders.has(textOf(row, 'stellar_account')),
      });
      const here = await ctx.db.read
        .selectFrom('quotes')
        .select('id')
        .where('id', '=', quote.id)
        .executeTakeFirst();
      if (here !== undefined) rows.push({ ...line, id: quote.id, outcome: 'there', why: null });
      else {
        imported.push(quote);
        const why = `Polaris does not say what for: it can be used by ${quote.context}`;
        rows.push({ ...line, id: quote.id, outcome: 'imported', why });
      }
    } catch (error) {
      rows.push({ ...line, outcome: 'left_out', why: messageOf(error) });
    }
  }
  return { imported, rows };
}

const unreadable = (what: string) => badInput('POLARIS_ROW_UNREADABLE', what);

function quoteOf(
  ctx: ImportContext,
  row: PolarisRow,
  { methods, assets }: QuotesFound,
  known: { expires: string; now: string; sender: boolean },
): ImportedQuote {
  const [sell, buy] = [assetIdOf(row, 'sell_asset'), assetIdOf(row, 'buy_asset')];
  const [sold, bought] = [unitsOf(row, 'sell_amount'), unitsOf(row, 'buy_amount')];
  const id = idOf(row, 'id');
  if (id === null || sell === null || buy === null) throw unreadable('its assets cannot be read');
  if (sold === null || bought === null || sold === 0n || bought === 0n) throw unreadable('it has no amounts');
  const onchain = [...assets.values()].find(({ found }) => [sell, buy].includes(assetId(found.asset)));
  if (onchain === undefined) throw unreadable('its asset on Stellar was left out');
  const offchain = [sell, buy].find((one) => one.startsWith('iso4217:'));
  if (!(ctx.project.quotes ?? QUOTES_PRESET).assets.some(({ asset }) => asset === offchain)) {
    throw unreadable(
      `${offchain ?? 'the other asset'} is not in [[quotes.assets]] of anchor.toml: add it and import again`,
    );
  }
  const principal = principalOfRow(row);
  const method = (name: string): string | null => {
    const key = textOf(row, name);
    const there = key === null ? undefined : methods.find((one) => String(one['id']) === key);
    return there === undefined ? null : textOf(there, 'name');
  };
  const price = priceOf(row);
  return {
    id,
    owner: principal.owner,
    account: principal.account,
    context: known.sender || !onchain.sep6 ? (onchain.sep31 || known.sender ? 'sep31' : 'sep24') : 'sep6',
    sell_asset: sell,
    buy_asset: buy,
    sell_units: sold,
    buy_units: bought,
    fee_units: 0n,
    fee_details: '[]',
    price,
    total_price: price,
    sell_delivery_method: method('sell_delivery_method_id'),
    buy_delivery_method: method('buy_delivery_method_id'),
    country_code: textOf(row, 'country_code'),
    expires_at: known.expires,
    created_at: known.now,
    transaction_id: null,
    used_at: null,
  };
}

/** As the wallet was told it, without trailing zeros. */
function priceOf(row: PolarisRow): string {
  const units = unitsOf(row, 'price');
  if (units === null || units === 0n) throw unreadable('it has no price');
  const digits = units.toString().padStart(8, '0');
  return `${digits.slice(0, -7)}.${digits.slice(-7)}`.replace(/\.?0+$/, '');
}
