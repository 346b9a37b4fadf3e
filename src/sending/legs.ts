import type { Queries } from '../database/port.ts';
import { isoTime } from '../kernel/clock.ts';
import { AnchorError } from '../kernel/errors.ts';
import type { Memo } from '../kernel/memos.ts';
import { type Principal, parseSubject } from '../kernel/principal.ts';
import { keyPairFromSeed } from '../stellar/keys.ts';
import {
  type AnchorContext,
  type AssetRow,
  createTransaction,
  isMoved,
  moveTransaction,
  type TransactionRow,
} from '../transfers/index.ts';
import type { SealedRequest } from './request.ts';
import { changeSend, type SendRow } from './store.ts';

export const BY = 'job:follow-sends';

/** Where the other anchor wants the money. */
export interface Target {
  account: string;
  memo: Memo;
}

/** We are the owner of what we send: nobody else can log in as this account. */
function ourselves(ctx: AnchorContext): Principal {
  const seed = ctx.project.secrets.signingSeed;
  const principal = seed === undefined ? null : parseSubject(keyPairFromSeed(seed).publicKey);
  if (principal !== null) return principal;
  throw new AnchorError({
    code: 'SIGNING_SEED_MISSING',
    message: 'SIGNING_SEED is not set: other anchors know us by its account.',
    hint: 'Run anchor setup, or put SIGNING_SEED into .env.',
  });
}

/**
 * Writes down both ways that the money of a payment can go, as transactions of the one money engine: in from the customer's bank and on
 * to the other anchor, a deposit to its account with its memo; and back from it, a withdrawal whose memo is the refund memo that the
 * other anchor was given, paid out to the customer. Either is paid by what it received and by nothing else.
 *
 * @param until when the customer's money must be here, milliseconds since 1970
 * @throws SEND_MOVED
 */
export async function openLegs(
  ctx: AnchorContext,
  row: SendRow,
  asset: AssetRow,
  details: SealedRequest,
  target: Target,
  answer: { id: string; status: string; until: number },
): Promise<SendRow> {
  const { owner, subject } = ourselves(ctx);
  const sent = row.sent_units ?? 0n;
  const until = isoTime(answer.until);
  const common = {
    sep: '31' as const,
    assetId: asset.id,
    owner,
    subject,
    account: target.account,
    lang: details.lang,
  };
  return ctx.db.write(async (trx) => {
    const away = await createTransaction(ctx, trx, {
      ...common,
      kind: 'deposit',
      memo: target.memo,
      fields: details.sender.fields,
    });
    await moveTransaction(ctx, trx, away, {
      to: 'pending_user_transfer_start',
      by: BY,
      reason: 'the other anchor expects the payment',
      set: {
        amount_expected_units: row.amount_units,
        amount_in_units: row.amount_units,
        amount_out_units: sent,
        amount_fee_units: row.amount_units - sent,
        fee_details: '[]',
        expires_at: until,
        user_action_required_by: until,
      },
    });
    const back = await createTransaction(ctx, trx, {
      ...common,
      kind: 'withdrawal',
      fields: details.sender.fields,
    });
    await moveTransaction(ctx, trx, back, {
      to: 'pending_user_transfer_start',
      by: BY,
      reason: 'for what the other anchor may send back',
      set: {
        anchor_account: asset.distribution_account,
        memo: row.refund_memo,
        memo_type: 'id',
        amount_expected_units: sent,
        amount_in_units: sent,
        amount_out_units: sent,
        amount_fee_units: 0n,
        fee_details: '[]',
        expires_at: null,
        message: 'Only used when the other anchor sends the money back.',
      },
    });
    return changeSend(
      ctx,
      trx,
      row,
      {
        state: 'awaiting_funds',
        remote_id: answer.id,
        remote_status: answer.status,
        transaction_id: away.id,
        return_id: back.id,
        waiting: null,
        failures: 0,
        not_before_at: isoTime(ctx.clock.now()),
      },
      'the other anchor has taken it on; the money of the customer is awaited',
    );
  });
}

export async function legOf(
  ctx: Pick<AnchorContext, 'db'>,
  id: string | null,
): Promise<TransactionRow | null> {
  if (id === null) return null;
  const row = await ctx.db.read
    .selectFrom('transactions')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst();
  return row ?? null;
}

/** A way that no money has gone or will go any more. Money that still comes lies in suspense. @throws TRANSACTION_MOVED money has just come */
export async function closeLeg(
  ctx: AnchorContext,
  trx: Queries,
  leg: TransactionRow | null,
  reason: string,
): Promise<void> {
  if (leg === null || leg.status !== 'pending_user_transfer_start') return;
  await moveTransaction(ctx, trx, leg, { to: 'expired', by: BY, reason });
}

export const isLegMoved = isMoved;
