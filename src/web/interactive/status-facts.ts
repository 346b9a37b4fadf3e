import { printMemo } from '../../kernel/memos.ts';
import type { AnchorContext } from '../../transfers/context.ts';
import { isExchange } from '../../transfers/exchange.ts';
import type { AssetRow, TransactionRow } from '../../transfers/rows.ts';
import { readHowToPay } from '../../transfers/start.ts';
import type { MessageKey, Translate } from '../messages/index.ts';
import { instructionsFor } from './flow.ts';
import { plainAmount, plainTime, rateText, shownAmount, unitsOf } from './money.ts';

/** One line of a list on the page. */
interface Fact {
  label: string;
  value: string;
  code?: boolean;
  copy?: boolean;
  /** what the copy button gives, where it is not `value` */
  copyValue?: string;
  /** the line below the sum */
  total?: boolean;
  /** ISO 8601: told in the reader's zone by script */
  time?: string;
}

export interface Shown {
  row: TransactionRow;
  asset: AssetRow;
  fields: Record<string, string>;
  t: Translate;
}

/** The text of a status, the one for this kind where there is one. */
export function stateText(
  t: Translate,
  row: TransactionRow,
  unit: string,
  suffix: '' | '.text',
  status = row.status,
): string {
  const claimable = row.claimable_balance_id !== null ? ['claimable'] : [];
  for (const variant of [...claimable, row.kind, '']) {
    const key = `state.${status}${variant === '' ? '' : `.${variant}`}${suffix}`;
    const text = t(key as MessageKey, { asset: unit });
    if (text !== key) return text;
  }
  return status;
}

const timeFact = (label: string, iso: string): Fact => ({ label, value: plainTime(iso), time: iso });

/** The rate of an exchange: promised, what it was, or as it was estimated (S24-29). */
function rateFacts({ row, asset, t }: Omit<Shown, 'fields'>): Fact[] {
  const { amount_in_units: came, amount_out_units: out, amount_fee_units: fee } = row;
  if (!isExchange(row) || came === null || !out || fee === null) return [];
  const sure = row.received_units > 0n || row.quote_id !== null;
  const value = rateText({ row, asset, t }, { in: came, out, fee: { fee } });
  return [{ label: t(sure ? 'amount.rate' : 'detail.rateEstimate'), value }];
}

export function amountFacts({ row, asset, t }: Shown): Fact[] {
  const unit = unitsOf({ row, asset });
  const done = row.status === 'completed';
  const money = (label: MessageKey, units: bigint | null, name: string, total = false): Fact[] =>
    units === null ? [] : [{ label: t(label), value: `${shownAmount(units, t.lang)} ${name}`, total }];
  return [
    ...money(
      done ? 'detail.wasSent' : 'detail.sent',
      row.amount_in_units ?? row.amount_expected_units,
      unit.in,
    ),
    ...(row.amount_fee_units === 0n
      ? [{ label: t('detail.fee'), value: t('amount.noFee') }]
      : money('detail.fee', row.amount_fee_units, unit.in)),
    ...rateFacts({ row, asset, t }),
    ...money('detail.refunded', row.refunded_units === 0n ? null : row.refunded_units, unit.in),
    ...money(done ? 'detail.wasReceived' : 'detail.received', row.amount_out_units, unit.out, true),
  ];
}

export function detailFacts({ row, t }: Shown): Fact[] {
  const code = (label: MessageKey, value: string | null): Fact[] =>
    value === null ? [] : [{ label: t(label), value, code: true, copy: true }];
  const memo =
    row.kind === 'deposit' && row.memo !== null && row.memo_type !== null
      ? printMemo({ type: row.memo_type, value: row.memo })
      : null;
  return [
    ...code('detail.id', row.id),
    ...code('detail.account', row.account),
    ...code('detail.memo', memo),
    ...code('detail.stellar', row.stellar_transaction_id),
    ...code('detail.external', row.external_transaction_id),
    ...code('detail.claimable', row.claimable_balance_id),
    timeFact(t('detail.started'), row.started_at),
    ...(row.completed_at === null ? [] : [timeFact(t('detail.completed'), row.completed_at)]),
  ];
}

/** Nothing where the wallet has announced no amount: any within the limits is taken then. */
function exactAmount(row: TransactionRow, unit: string, t: Translate): Fact[] {
  if (row.amount_in_units === null) return [];
  const plain = plainAmount(row.amount_in_units);
  const value = `${shownAmount(row.amount_in_units, t.lang)} ${unit}`;
  return [{ label: t('status.payAmount'), value, copy: true, copyValue: plain }];
}

/** What a wallet without pages was told (SEP-6), where pages have no lines of their own. */
function toldToWallet(ctx: AnchorContext, row: TransactionRow): Fact[] {
  const fields = readHowToPay(ctx, row)?.fields ?? {};
  return Object.values(fields).map(({ value, description }) => ({ label: description, value, copy: true }));
}

/** What the user has to pay, and where: only while money is waited for. */
export async function instructions(ctx: AnchorContext, shown: Shown): Promise<Fact[]> {
  const { row, asset, t } = shown;
  if (row.status !== 'pending_user_transfer_start') return [];
  const unit = unitsOf({ row, asset }).in;
  const until =
    row.user_action_required_by === null
      ? []
      : [timeFact(t('status.payBefore'), row.user_action_required_by)];
  const theirs: Fact[] = (await instructionsFor(ctx, shown)) ?? toldToWallet(ctx, row);
  if (row.kind === 'withdrawal') {
    return [
      ...exactAmount(row, unit, t),
      { label: t('status.sendTo'), value: row.anchor_account ?? '', code: true, copy: true },
      {
        label: `${t('status.sendMemo')} (${row.memo_type ?? 'id'})`,
        value: row.memo ?? '',
        code: true,
        copy: true,
      },
      ...theirs,
      ...until,
    ];
  }
  const says = (text: string) => theirs.some((fact) => fact.value.includes(text));
  return [
    ...(row.amount_in_units !== null && says(plainAmount(row.amount_in_units))
      ? []
      : exactAmount(row, unit, t)),
    ...theirs,
    ...(says(row.reference)
      ? []
      : [{ label: t('status.payReference'), value: row.reference, code: true, copy: true }]),
    ...until,
  ];
}

export async function timeline(ctx: AnchorContext, { row, asset, t }: Shown) {
  const steps = await ctx.db.read
    .selectFrom('transaction_history')
    .select(['to_status', 'at'])
    .where('transaction_id', '=', row.id)
    .orderBy('id', 'desc')
    .limit(30)
    .execute();
  const unit = unitsOf({ row, asset });
  return steps.map((step, i) => ({
    text:
      step.to_status === 'incomplete'
        ? t('status.begun')
        : stateText(t, row, row.kind === 'deposit' ? unit.out : unit.in, '', step.to_status),
    time: step.at,
    value: plainTime(step.at),
    current: i === 0,
  }));
}
