import type { Queries } from '../database/port.ts';
import { isoTime } from '../kernel/clock.ts';
import { assert } from '../kernel/errors.ts';
import type { Memo } from '../kernel/memos.ts';
import { useQuote } from '../quotes/index.ts';
import type { AnchorContext } from './context.ts';
import { type ExchangePlan, exchangeColumns } from './exchange.ts';
import { sealFields } from './fields.ts';
import { newReference } from './references.ts';
import type { Kind, TransactionRow } from './rows.ts';

export interface NewTransaction {
  sep: TransactionRow['sep'];
  kind: Kind;
  assetId: string;
  /** the token's subject in normal form (SC-18): who may see this transaction */
  owner: string;
  /** the token's subject as it was, e.g. `M…` */
  subject: string;
  /** where a deposit goes, or a withdrawal comes from: `G…`, `M…` or `C…` */
  account: string;
  clientDomain?: string | null;
  /** deposit: memo of our payment */
  memo?: Memo | null;
  refundMemo?: Memo | null;
  claimableBalanceSupported?: boolean;
  /** what the wallet announced, in stroops */
  amountUnits?: bigint | null;
  customerId?: string | null;
  offchainAsset?: string | null;
  lang?: string;
  callback?: string | null;
  onChangeCallback?: string | null;
  /** SEP-9 fields that came with the request */
  fields?: Record<string, string>;
  /** SEP-6 */
  exchange?: boolean;
  fundingMethod?: string | null;
  countryCode?: string | null;
  locationId?: string | null;
  /** what comes in is exchanged; its firm quote, if any, is used up, and says amounts and until when it waits for money */
  plan?: ExchangePlan | null;
  /** where it begins; default `incomplete` */
  status?: 'incomplete' | 'pending_anchor' | 'pending_customer_info_update';
}

/**
 * Writes a new transaction, in `incomplete` if not told otherwise, with its first history row and a unique bank reference (S24-16,
 * S24-M01). Of two that want the same firm quote one fails (S38-35).
 *
 * @throws QUOTE_UNUSABLE (400) the quote of `plan` was used meanwhile, or has expired
 */
export async function createTransaction(
  ctx: AnchorContext,
  trx: Queries,
  input: NewTransaction,
): Promise<TransactionRow> {
  const id = ctx.ids.uuid();
  const status = input.status ?? 'incomplete';
  const now = ctx.clock.now();
  const at = isoTime(now);
  const values = {
    id,
    sep: input.sep,
    kind: input.kind,
    status,
    asset_id: input.assetId,
    owner: input.owner,
    subject: input.subject,
    client_domain: input.clientDomain ?? null,
    account: input.account,
    memo: input.memo?.value ?? null,
    memo_type: input.memo?.type ?? null,
    refund_memo: input.refundMemo?.value ?? null,
    refund_memo_type: input.refundMemo?.type ?? null,
    claimable_balance_supported: input.claimableBalanceSupported ? (1 as const) : (0 as const),
    customer_id: input.customerId ?? null,
    offchain_asset: input.offchainAsset ?? null,
    amount_expected_units: input.amountUnits ?? null,
    lang: input.lang ?? 'en',
    callback: input.callback ?? null,
    on_change_callback: input.onChangeCallback ?? null,
    fields: input.fields === undefined ? null : sealFields(ctx, id, input.fields),
    exchange: input.exchange ? (1 as const) : (0 as const),
    funding_method: input.fundingMethod ?? null,
    country_code: input.countryCode ?? null,
    location_id: input.locationId ?? null,
    started_at: at,
    updated_at: at,
    expires_at: waitsUntil(ctx, input.plan?.quote?.expires_at ?? null),
    ...(input.plan ? exchangeColumns(input.plan) : {}),
  };
  for (let attempt = 0; attempt < 10; attempt++) {
    const row = await trx
      .insertInto('transactions')
      .values({ ...values, reference: newReference(ctx.ids) })
      .onConflict((conflict) => conflict.column('reference').doNothing())
      .returningAll()
      .executeTakeFirst();
    if (row === undefined) continue;
    if (input.plan?.quote) await useQuote(ctx, trx, input.plan.principal, input.plan.quote.id, id);
    await trx
      .insertInto('transaction_history')
      .values({
        transaction_id: id,
        at,
        from_status: null,
        to_status: status,
        by_whom: 'wallet',
        reason: `${input.kind} asked for`,
      })
      .execute();
    return row;
  }
  assert(false, 'ten references in a row were taken');
}

/** Until when money is waited for: no longer than its quote holds (S24-27, S31-16). */
export function waitsUntil(
  ctx: Pick<AnchorContext, 'project' | 'clock'>,
  quoteExpires: string | null,
): string {
  const until = isoTime(ctx.clock.now() + ctx.project.transfers.expireHours * 3_600_000);
  return quoteExpires !== null && quoteExpires < until ? quoteExpires : until;
}
