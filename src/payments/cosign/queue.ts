import { formatAmount } from '../../kernel/amounts.ts';
import { isoTime } from '../../kernel/clock.ts';
import { AnchorError, notFound } from '../../kernel/errors.ts';
import { printMemo } from '../../kernel/memos.ts';
import type { AnchorContext } from '../../transfers/context.ts';
import type { EnvelopeRow } from '../rows.ts';
import { keysOf } from '../signing.ts';
import { payerOf, signaturesOf } from './collect.ts';
import { type Powers, powersOf, weightOf } from './weights.ts';

/** A transaction that waits for co-signers, with all that they should look at before they sign. */
export interface CosignView {
  hash: string;
  /** base64, as it is to be signed */
  transaction: string;
  network_passphrase: string;
  /** whose payments they are */
  account: string;
  /** ISO 8601 */
  expires_at: string;
  weight: number;
  needed: number;
  signers: { key: string; weight: number; signed: boolean }[];
  payments: {
    transaction_id: string | null;
    purpose: string;
    amount: string;
    asset: string;
    destination: string;
    memo: string | null;
    memo_type: string | null;
  }[];
}

/** Every envelope that lacks signatures, oldest first. */
export const awaitingEnvelopes = (ctx: Pick<AnchorContext, 'db'>): Promise<EnvelopeRow[]> =>
  ctx.db.read
    .selectFrom('envelopes')
    .selectAll()
    .where('awaiting', 'is not', null)
    .where('state', '=', 'signed')
    .orderBy('created_at')
    .execute();

/**
 * The envelope that lacks signatures, by its hash, or by id or bank reference of a transaction that it pays.
 *
 * @throws ENVELOPE_NOT_FOUND, NOTHING_TO_SIGN
 */
export async function awaitingEnvelope(ctx: Pick<AnchorContext, 'db'>, key: string): Promise<EnvelopeRow> {
  const known = /^[0-9a-f]{64}$/i.test(key)
    ? await byHash(ctx, key.toLowerCase())
    : await byTransaction(ctx, key);
  const [row] = known;
  if (row === undefined) {
    throw notFound(
      'ENVELOPE_NOT_FOUND',
      'No envelope and no transaction has this id.',
      'anchor tx sign without an id lists what waits for signatures.',
    );
  }
  const waiting = known.find((one) => one.awaiting !== null && one.state === 'signed');
  if (waiting === undefined) throw nothingToSign(row);
  return waiting;
}

/** The error of an envelope that needs no signature (any more). */
export function nothingToSign(row: EnvelopeRow): AnchorError {
  const over = row.state !== 'signed' && row.state !== 'submitted';
  return new AnchorError({
    code: 'NOTHING_TO_SIGN',
    message: over
      ? `The envelope ${row.hash} is over: ${row.state}.`
      : `The envelope ${row.hash} has all its signatures.`,
    hint: 'anchor tx show tells what the transaction waits for.',
    httpStatus: 409,
  });
}

const byHash = (ctx: Pick<AnchorContext, 'db'>, hash: string): Promise<EnvelopeRow[]> =>
  ctx.db.read.selectFrom('envelopes').selectAll().where('hash', '=', hash).execute();

const byTransaction = (ctx: Pick<AnchorContext, 'db'>, key: string): Promise<EnvelopeRow[]> =>
  ctx.db.read
    .selectFrom('envelopes')
    .innerJoin('envelope_obligations', 'envelope_obligations.envelope_hash', 'envelopes.hash')
    .innerJoin('obligations', 'obligations.id', 'envelope_obligations.obligation_id')
    .innerJoin('transactions', 'transactions.id', 'obligations.transaction_id')
    .selectAll('envelopes')
    .where(({ eb, or }) =>
      or([eb('transactions.id', '=', key.toLowerCase()), eb('transactions.reference', '=', key)]),
    )
    .orderBy('envelopes.created_at', 'desc')
    .execute();

/** @throws NETWORK_UNAVAILABLE, ACCOUNT_MISSING */
export async function powersFor(ctx: AnchorContext, envelope: EnvelopeRow): Promise<Powers> {
  const account = await ctx.network.account(await payerOf(ctx, envelope));
  if (!('missing' in account)) return powersOf(account);
  throw new AnchorError({
    code: 'ACCOUNT_MISSING',
    message: `The distribution account ${account.id} does not exist.`,
    hint: 'Was the network reset? See anchor doctor.',
  });
}

export async function cosignView(
  ctx: AnchorContext,
  envelope: EnvelopeRow,
  powers: Powers,
): Promise<CosignView> {
  const signed = new Set(keysOf(await signaturesOf(ctx, envelope.hash)));
  const rows = await ctx.db.read
    .selectFrom('envelope_obligations')
    .innerJoin('obligations', 'obligations.id', 'envelope_obligations.obligation_id')
    .innerJoin('assets', 'assets.id', 'obligations.asset_id')
    .selectAll('obligations')
    .select('assets.code')
    .where('envelope_hash', '=', envelope.hash)
    .orderBy('operation_index')
    .execute();
  return {
    hash: envelope.hash,
    transaction: envelope.xdr,
    network_passphrase: ctx.network.passphrase,
    account: powers.account,
    expires_at: isoTime(envelope.max_time * 1000),
    weight: weightOf(powers, signed),
    needed: powers.needed,
    signers: [...powers.weights].map(([key, weight]) => ({ key, weight, signed: signed.has(key) })),
    payments: rows.map((row) => ({
      transaction_id: row.transaction_id,
      purpose: row.purpose,
      amount: formatAmount(row.amount_units),
      asset: row.asset_key ?? row.code,
      destination: row.destination ?? '',
      memo:
        row.memo === null || row.memo_type === null
          ? null
          : printMemo({ type: row.memo_type, value: row.memo }),
      memo_type: row.memo_type,
    })),
  };
}
