import { formatAmount } from '../kernel/amounts.ts';
import { type AnchorContext, assetOf } from '../transfers/index.ts';
import { legOf } from './legs.ts';
import { record } from './partner.ts';
import type { SendRow } from './store.ts';

/** A payment through another anchor, as `anchor send show` and the library tell it. Amounts are decimal text. */
export interface SendView {
  id: string;
  key: string;
  state: string;
  to: string;
  asset: string;
  /** what the customer pays us, our fee of it, and what is sent on */
  amount: string;
  amount_fee: string | null;
  amount_sent: string | null;
  /** what the customer's payment at the bank must name */
  reference: string | null;
  /** until when it must have come */
  pay_until: string | null;
  waiting_for: string | null;
  /** our transaction of the money in and the Stellar payment out, and the one of what may come back */
  transaction_id: string | null;
  return_transaction_id: string | null;
  stellar_transaction_id: string | null;
  remote: {
    id: string | null;
    status: string | null;
    amount_out: string | null;
    amount_out_asset: string | null;
    external_transaction_id: string | null;
    required_info_updates: unknown;
  };
  created_at: string;
  ended_at: string | null;
  history: { at: string; state: string; reason: string }[];
}

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
const money = (units: bigint | null): string | null => (units === null ? null : formatAmount(units));

export async function sendView(ctx: Pick<AnchorContext, 'db'>, row: SendRow): Promise<SendView> {
  const asset = await assetOf(ctx.db.read, row.asset_id);
  const leg = await legOf(ctx, row.transaction_id);
  const told = record(row.remote === null ? {} : parsed(row.remote));
  const history = await ctx.db.read
    .selectFrom('send_history')
    .select(['at', 'state', 'reason'])
    .where('send_id', '=', row.id)
    .orderBy('id')
    .execute();
  return {
    id: row.id,
    key: row.idempotency_key,
    state: row.state,
    to: row.home,
    asset: asset.code,
    amount: formatAmount(row.amount_units),
    amount_fee: money(row.fee_units),
    amount_sent: money(row.sent_units),
    reference: leg?.reference ?? null,
    pay_until: leg?.user_action_required_by ?? null,
    waiting_for: row.waiting,
    transaction_id: row.transaction_id,
    return_transaction_id: row.return_id,
    stellar_transaction_id: leg?.stellar_transaction_id ?? null,
    remote: {
      id: row.remote_id,
      status: row.remote_status,
      amount_out: text(told['amount_out']),
      amount_out_asset: text(told['amount_out_asset']),
      external_transaction_id: text(told['external_transaction_id']),
      required_info_updates: told['required_info_updates'] ?? null,
    },
    created_at: row.created_at,
    ended_at: row.ended_at,
    history,
  };
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return {};
  }
}
