import { formatAmount, parseAmount, parsePositiveAmount } from '../../kernel/amounts.ts';
import { AnchorError, badInput } from '../../kernel/errors.ts';
import { offchainAssetOf } from '../../quotes/index.ts';
import type { AnchorContext } from '../../transfers/context.ts';
import { type ExchangeAmounts, isExchange, rowAmounts } from '../../transfers/exchange.ts';
import { amountsAfterFee, checkLimits, feeFor } from '../../transfers/fees.ts';
import type { AssetRow, Kind, TransactionRow } from '../../transfers/rows.ts';
import type { MessageKey, Translate } from '../messages/index.ts';
import type { Visit } from './visit.ts';

type Money = Pick<Visit, 'row' | 'asset' | 't'>;

/** Languages that write 98,99: the keypad of a phone offers them no full stop. */
const COMMA = new Set(['es', 'pt', 'fr', 'id']);

/** `98.99`, `1.50`, `100`: two decimals where there are any. */
export function plainAmount(units: bigint): string {
  return formatAmount(units).replace(/\.(\d)$/, '.$10');
}

/** The same as people of that language write it: `98,99`. Never grouped, so that nobody takes 1.000 for 1. */
export function shownAmount(units: bigint, lang: string): string {
  return COMMA.has(lang) ? plainAmount(units).replace('.', ',') : plainAmount(units);
}

/** What people call an asset: `SRT`, `XLM`, `USD` for `iso4217:USD`. */
export function unitOf(asset: Pick<AssetRow, 'code' | 'issuer'>): string {
  return asset.issuer === '' ? 'XLM' : asset.code;
}

function offchainUnit(row: Pick<TransactionRow, 'offchain_asset'>, asset: AssetRow): string {
  const id = row.offchain_asset ?? asset.anchored_asset;
  return id?.startsWith('iso4217:') ? id.slice('iso4217:'.length) : unitOf(asset);
}

/** The units of what goes in and what comes out. */
export function unitsOf({ row, asset }: Pick<Money, 'row' | 'asset'>): { in: string; out: string } {
  const [onchain, offchain] = [unitOf(asset), offchainUnit(row, asset)];
  return row.kind === 'deposit' ? { in: offchain, out: onchain } : { in: onchain, out: offchain };
}

const boundsOf = (asset: AssetRow, kind: Kind) =>
  kind === 'deposit'
    ? { min: asset.deposit_min_units, max: asset.deposit_max_units }
    : { min: asset.withdrawal_min_units, max: asset.withdrawal_max_units };

export function limitsText({ row, asset, t }: Money): string {
  const { min, max } = boundsOf(asset, row.kind);
  // of an exchange they are limits of what is on Stellar
  const unit = isExchange(row) ? unitOf(asset) : unitsOf({ row, asset }).in;
  const values = { asset: unit, min: shownAmount(min ?? 0n, t.lang), max: shownAmount(max ?? 0n, t.lang) };
  if (min !== null && min > 0n && max !== null) return t('amount.between', values);
  if (min !== null && min > 0n) return t('amount.atLeast', values);
  return max === null ? '' : t('amount.atMost', values);
}

/** A fault of the amount in the reader's words; other errors are thrown on. */
export function amountFault(error: unknown, money: Money, fee?: bigint, offchainDecimals?: number): string {
  if (!AnchorError.is(error)) throw error;
  const { t, row, asset } = money;
  const unit = isExchange(row) ? unitOf(asset) : unitsOf(money).in;
  const { min, max } = boundsOf(asset, row.kind);
  const decimals = offchainDecimals ?? asset.significant_decimals;
  switch (error.code) {
    case 'AMOUNT_TOO_SMALL':
      return t('amount.tooSmall', { min: shownAmount(min ?? 0n, t.lang), asset: unit });
    case 'AMOUNT_TOO_BIG':
    case 'AMOUNT_TOO_LARGE':
      return max === null
        ? t('amount.invalid')
        : t('amount.tooLarge', { max: shownAmount(max, t.lang), asset: unit });
    case 'AMOUNT_TOO_PRECISE':
      return decimals === 0 ? t('amount.tooPreciseWhole') : t('amount.tooPrecise', { decimals });
    case 'AMOUNT_BELOW_FEE':
      return fee === undefined
        ? t('amount.tooLittle')
        : t('amount.belowFee', { fee: shownAmount(fee, t.lang), asset: unit });
    case 'QUOTE_CONFLICT':
      return t('amount.fixed');
    case 'PRICE_UNAVAILABLE':
    case 'QUOTE_PAIR_UNSUPPORTED':
    case 'QUOTE_ASSET_UNSUPPORTED':
      return t('amount.noPrice');
    case 'QUOTE_REFUSED':
      return error.message;
    case 'AMOUNT_INVALID':
    case 'AMOUNT_NOT_POSITIVE':
      return t('amount.invalid');
    default:
      throw error;
  }
}

/**
 * The amount as it was meant. Where the comma is the decimal sign, `1.000` may mean a thousand: then it is nothing, so that nobody
 * sends a thousandth of what they wanted.
 */
function typedAmount(text: string, lang: string): string {
  if (!COMMA.has(lang)) return text;
  if (/^\d+\.\d{3}$/.test(text)) return '';
  return /^\d+,\d+$/.test(text) ? text.replace(',', '.') : text;
}

/** An amount for the input field, as the reader would type it. */
export const inputAmount = (units: bigint, lang: string): string =>
  COMMA.has(lang) ? formatAmount(units).replace('.', ',') : formatAmount(units);

/** The parts of a fee that we name ourselves, in the reader's language; others as the anchor names them. */
function feeName(t: Translate, name: string): string {
  const ours: Record<string, MessageKey> = {
    'Fixed fee': 'fee.fixed',
    'Percentage fee': 'fee.percentage',
    'Minimum fee': 'fee.minimum',
    Rounding: 'fee.rounding',
  };
  return Object.hasOwn(ours, name) ? t(ours[name] as MessageKey) : name;
}

export interface Quote {
  /** stroops; null while the amount is not good */
  units: bigint | null;
  error: string | null;
  send: string;
  fee: string;
  fees: { name: string; amount: string }[];
  receive: string;
  /** of an exchange; null otherwise */
  rate: { text: string; note: string } | null;
}

/** One unit of the Stellar asset in the other, whichever way it goes: `1 SRT = 5.42 BRL`. */
export function rateText(
  { row, asset, t }: Money,
  amounts: Pick<ExchangeAmounts, 'in' | 'out'> & { fee: { fee: bigint } },
): string {
  const unit = unitsOf({ row, asset });
  const rest = amounts.in - amounts.fee.fee;
  const deposit = row.kind === 'deposit';
  const [onchain, other] = deposit ? [amounts.out, rest] : [rest, amounts.out];
  const rate = (other * 10_000_000n + onchain / 2n) / onchain;
  const names = deposit ? { one: unit.out, other: unit.in } : { one: unit.in, other: unit.out };
  return t('amount.rateText', { ...names, rate: shownAmount(rate, t.lang) });
}

/** Whether the rate is promised or an estimate (S24-29). */
const rateNote = ({ row, t }: Money): string =>
  row.quote_expires_at === null
    ? t('amount.rateEstimate')
    : t('amount.rateFixed', { time: plainTime(row.quote_expires_at) });

/** `2026-01-31 12:34 UTC`: what is read where no script tells it better. */
export const plainTime = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;

/** @throws AMOUNT_*, QUOTE_*, PRICE_UNAVAILABLE, HOOK_FAILED, HOOK_ANSWER_INVALID */
async function amountsOf(
  ctx: AnchorContext,
  { row, asset }: Money,
  units: bigint,
  seeFee: (fee: bigint) => void,
): Promise<Omit<ExchangeAmounts, 'binding'>> {
  if (isExchange(row)) {
    if (row.quote_id !== null && units !== row.amount_expected_units) {
      throw badInput('QUOTE_CONFLICT', 'amount does not agree with the quote.');
    }
    return rowAmounts(ctx, row, units);
  }
  checkLimits(asset, row.kind, units);
  const fee = await feeFor(ctx, asset, row.kind, units);
  seeFee(fee.fee);
  const amounts = amountsAfterFee(units, fee);
  return { in: amounts.in, out: amounts.out, fee };
}

/**
 * What an amount costs and brings, as texts for the page.
 *
 * @throws HOOK_FAILED, HOOK_ANSWER_INVALID of the `fee` integration
 */
export async function quote(ctx: AnchorContext, money: Money, text: string): Promise<Quote> {
  const { t, row } = money;
  const unit = unitsOf(money);
  const typed = typedAmount(text.trim(), t.lang);
  const dash = '–';
  const rateLine = (line: string): Quote['rate'] =>
    isExchange(row) ? { text: line, note: rateNote(money) } : null;
  let fee: bigint | undefined;
  try {
    const units = parsePositiveAmount(typed);
    const amounts = await amountsOf(ctx, money, units, (seen) => {
      fee = seen;
    });
    const { details } = amounts.fee;
    const several = details.length > 1 ? details : [];
    return {
      units,
      error: null,
      send: `${shownAmount(amounts.in, t.lang)} ${unit.in}`,
      fee: amounts.fee.fee === 0n ? t('amount.noFee') : `${shownAmount(amounts.fee.fee, t.lang)} ${unit.in}`,
      fees: several.map(({ name, amount }) => ({
        name: feeName(t, name),
        amount: `${shownAmount(parseAmount(amount), t.lang)} ${unit.in}`,
      })),
      receive: `${shownAmount(amounts.out, t.lang)} ${unit.out}`,
      rate: rateLine(isExchange(row) ? rateText(money, amounts) : dash),
    };
  } catch (error) {
    const comes = isExchange(row) ? offchainAssetOf(ctx, row.amount_in_asset ?? '') : null;
    const fault = amountFault(error, money, fee, comes?.decimals);
    return {
      units: null,
      error: fault,
      send: dash,
      fee: dash,
      fees: [],
      receive: dash,
      rate: rateLine(dash),
    };
  }
}
