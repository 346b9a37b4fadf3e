import type { Insertable } from 'kysely';
import type { TransactionsTable } from '../../database/schema.ts';
import { parseAssetId } from '../../kernel/assets.ts';
import { isoTime } from '../../kernel/clock.ts';
import { badInput, messageOf } from '../../kernel/errors.ts';
import { type Memo, parseMemo } from '../../kernel/memos.ts';
import { type Principal, parseSubject } from '../../kernel/principal.ts';
import { isAccount, isContract, isMuxed } from '../../kernel/strkey.ts';
import type { ImportContext } from '../context.ts';
import type { ReportRow } from '../report.ts';
import type { PlannedAsset } from './assets.ts';
import { doubtOf, openReason } from './open.ts';
import { flagOf, idOf, type PolarisRow, textOf, timeOf, unitsOf } from './values.ts';

/** All but its reference, which is drawn when it is written. */
export type ImportedTransaction = Omit<Insertable<TransactionsTable>, 'reference'> & {
  id: string;
  status: string;
  refundedThere: boolean;
};

const KINDS: Readonly<Record<string, TransactionsTable['kind']>> = {
  deposit: 'deposit',
  'deposit-exchange': 'deposit',
  withdrawal: 'withdrawal',
  'withdrawal-exchange': 'withdrawal',
  send: 'withdrawal',
};

const SEPS: Readonly<Record<string, TransactionsTable['sep']>> = { sep6: '6', sep24: '24', sep31: '31' };

/** Finished transactions of Polaris, as history; a line for each that is not. */
export async function readTransactions(
  ctx: ImportContext,
  transactions: readonly PolarisRow[],
  assets: ReadonlyMap<string, PlannedAsset>,
  quotes: ReadonlyMap<string, PolarisRow>,
): Promise<{ imported: ImportedTransaction[]; rows: ReportRow[] }> {
  const there = await known(ctx, transactions);
  const imported: ImportedTransaction[] = [];
  const rows: ReportRow[] = [];
  for (const row of transactions) {
    const line = {
      what: 'transaction' as const,
      id: shownId(row),
      name: `${textOf(row, 'kind') ?? '?'} ${textOf(row, 'status') ?? '?'}`,
    };
    try {
      const id = needed(idOf(row, 'id'), 'id');
      const why = openReason(row);
      if (there.has(id)) rows.push({ ...line, id, outcome: 'there', why: null });
      else if (why !== null) rows.push({ ...line, id, outcome: 'left_out', why });
      else {
        imported.push(transactionOf(row, id, assets, quotes));
        rows.push({ ...line, id, outcome: 'imported', why: doubtOf(row) });
      }
    } catch (error) {
      rows.push({ ...line, outcome: 'left_out', why: messageOf(error) });
    }
  }
  return { imported, rows };
}

/** For the report, whatever it is. */
export function shownId(row: PolarisRow): string {
  try {
    return idOf(row, 'id') ?? '?';
  } catch {
    return textOf(row, 'id') ?? '?';
  }
}

function needed<T>(value: T | null, name: string): T {
  if (value === null) throw badInput('POLARIS_ROW_UNREADABLE', `${name} is missing`);
  return value;
}

const PAGE = 500;

/** Ids that are here already. */
async function known(ctx: ImportContext, rows: readonly PolarisRow[]): Promise<Set<string>> {
  const found = new Set<string>();
  for (let at = 0; at < rows.length; at += PAGE) {
    const ids = rows.slice(at, at + PAGE).flatMap((row) => {
      try {
        return [idOf(row, 'id') ?? ''];
      } catch {
        return [];
      }
    });
    if (ids.length === 0) continue;
    const here = await ctx.db.read.selectFrom('transactions').select('id').where('id', 'in', ids).execute();
    for (const { id } of here) found.add(id);
  }
  return found;
}

/** Who asked for it. @throws POLARIS_ROW_UNREADABLE */
export function principalOfRow(row: PolarisRow): Principal {
  const account = needed(textOf(row, 'stellar_account'), 'stellar_account');
  const memo = textOf(row, 'account_memo');
  const subject = textOf(row, 'muxed_account') ?? (memo === null ? account : `${account}:${memo}`);
  return needed(parseSubject(subject), 'a readable account');
}

function transactionOf(
  row: PolarisRow,
  id: string,
  assets: ReadonlyMap<string, PlannedAsset>,
  quotes: ReadonlyMap<string, PolarisRow>,
): ImportedTransaction {
  const polarisKind = textOf(row, 'kind') ?? '';
  const kind = needed(KINDS[polarisKind] ?? null, 'a known kind');
  const asset = needed(assets.get(String(row['asset_id'])) ?? null, 'its asset, which was left out,');
  const principal = principalOfRow(row);
  const started = needed(timeOf(row, 'started_at'), 'started_at');
  const completed = timeOf(row, 'completed_at');
  const status = needed(textOf(row, 'status'), 'status');
  const quote = quotes.get(textOf(row, 'quote_id') ?? '') ?? null;
  const memo = memoOf(row);
  const other = textOf(row, kind === 'deposit' ? 'to_address' : 'from_address');
  return {
    id,
    sep: SEPS[textOf(row, 'protocol') ?? ''] ?? (polarisKind === 'send' ? '31' : '24'),
    kind,
    status,
    asset_id: asset.id,
    owner: principal.owner,
    subject: principal.subject,
    client_domain: textOf(row, 'client_domain'),
    account: other !== null && isStellar(other) ? other : principal.account,
    memo: memo?.value ?? null,
    memo_type: memo?.type ?? null,
    anchor_account: kind === 'withdrawal' ? textOf(row, 'receiving_anchor_account') : null,
    claimable_balance_supported: flagOf(row, 'claimable_balance_supported') ? 1 : 0,
    claimable_balance_id: textOf(row, 'claimable_balance_id'),
    ...amountsOf(row, quote),
    from_address: textOf(row, 'from_address'),
    to_address: textOf(row, 'to_address'),
    stellar_transaction_id: textOf(row, 'stellar_transaction_id'),
    external_transaction_id: textOf(row, 'external_transaction_id'),
    exchange: polarisKind.endsWith('-exchange') ? 1 : 0,
    started_at: started,
    updated_at: completed ?? started,
    completed_at: status === 'completed' ? (completed ?? started) : null,
    refundedThere: flagOf(row, 'refunded'),
  };
}

const isStellar = (text: string): boolean => isAccount(text) || isMuxed(text) || isContract(text);

/** What was shown to the wallet. The totals stay 0: this anchor's book holds no money of it. */
function amountsOf(row: PolarisRow, quote: PolarisRow | null) {
  const [sell, buy] =
    quote === null ? [null, null] : [assetIdOf(quote, 'sell_asset'), assetIdOf(quote, 'buy_asset')];
  return {
    amount_expected_units: unitsOf(row, 'amount_expected'),
    amount_in_units: unitsOf(row, 'amount_in'),
    amount_out_units: unitsOf(row, 'amount_out'),
    amount_fee_units: unitsOf(row, 'amount_fee'),
    amount_in_asset: sell,
    amount_out_asset: buy,
    amount_fee_asset: quote === null ? null : (assetIdOf(row, 'fee_asset') ?? sell),
    offchain_asset: [sell, buy].find((id) => id?.startsWith('iso4217:')) ?? null,
  };
}

/** A SEP-38 id that we can read, else null. */
export function assetIdOf(row: PolarisRow, name: string): string | null {
  const id = textOf(row, name);
  try {
    if (id !== null) parseAssetId(id);
    return id;
  } catch {
    return null;
  }
}

function memoOf(row: PolarisRow): Memo | null {
  const value = textOf(row, 'memo');
  if (value === null) return null;
  try {
    return parseMemo(textOf(row, 'memo_type') ?? 'text', value);
  } catch {
    return null;
  }
}

/**
 * How far Polaris has read the payments to each account: of what came until there nothing is to be booked, or sent back, here. A paging token
 * of Polaris is that of a transaction; its operations follow it within 4096.
 */
export function readUntil(transactions: readonly PolarisRow[]): Map<string, bigint> {
  const found = new Map<string, bigint>();
  for (const row of transactions) {
    // those of deposits are of payments that Polaris made, which says nothing about what it has read
    if (KINDS[textOf(row, 'kind') ?? ''] !== 'withdrawal') continue;
    const account = textOf(row, 'receiving_anchor_account');
    const token = textOf(row, 'paging_token');
    if (account === null || token === null || !/^\d{1,19}$/.test(token)) continue;
    const last = BigInt(token) | 0xfffn;
    if (last > (found.get(account) ?? -1n)) found.set(account, last);
  }
  return found;
}

export const nowOf = (ctx: Pick<ImportContext, 'clock'>): string => isoTime(ctx.clock.now());
