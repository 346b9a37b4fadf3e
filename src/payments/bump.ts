import { readPaymentEnvelope } from '../stellar/envelope.ts';
import type { KeyPair } from '../stellar/keys.ts';
import type { SubmitAnswer } from '../stellar/port.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { type NewEnvelope, storeEnvelope } from './book.ts';
import type { Flight } from './flight.ts';
import { readFreeze } from './freeze.ts';
import { fenced } from './lease.ts';
import { policy } from './policy.ts';
import { channelKey, type Source } from './pool.ts';
import { readingsOf } from './readings.ts';
import { readResult } from './results.ts';
import type { EnvelopeRow } from './rows.ts';
import { localKeys } from './signers/local.ts';
import { innerOf, isBump, wrap } from './wrap.ts';

/**
 * Who pays for fee bumps: the account that is kept for it, or else the distribution account where this database holds its own key and
 * that is one of its signers. Null: nobody can.
 *
 * @param weights signers of the distribution account, where they are known
 */
export async function feePayer(
  ctx: AnchorContext,
  payer: string,
  weights: ReadonlyMap<string, number> | null,
): Promise<KeyPair | null> {
  const kept = await ctx.db.read
    .selectFrom('keys')
    .selectAll()
    .where('purpose', '=', 'fee')
    .orderBy('created_at')
    .limit(1)
    .executeTakeFirst();
  if (kept !== undefined) return channelKey(ctx, kept);
  if (weights !== null && (weights.get(payer) ?? 0) === 0) return null;
  return (await localKeys(ctx, payer)).find((pair) => pair.publicKey === payer) ?? null;
}

/** What makes a fee bump of a transaction that is signed now; undefined where its source pays the fee itself. */
export async function bumpFor(
  ctx: AnchorContext,
  source: Source,
  powers: { account: string; weights: ReadonlyMap<string, number> },
): Promise<((draft: NewEnvelope) => NewEnvelope) | undefined> {
  if (source.key === null) return undefined;
  const signer = await feePayer(ctx, powers.account, powers.weights);
  if (signer === null) return undefined;
  return (draft) => {
    const { operations } = readPaymentEnvelope(draft.signed.xdr);
    const fee = (draft.fee / BigInt(operations.length)) * BigInt(operations.length + 1);
    return { ...draft, fee, signed: wrap(draft.signed.xdr, fee, signer, ctx.network.passphrase) };
  };
}

/**
 * A higher bid for the same transaction, as the network's queue takes it (reliability R5): the door has said that the fee does not
 * suffice; or a node has had it in its queue for some ledgers and dropped it, and hears of it again only under another hash; or others
 * bid more and ten times our bid is within the cap. Up to `stellar.max_fee` per operation; there it waits, and says so.
 *
 * @param ledger at which the source account was read
 * @throws LEASE_LOST
 */
export async function raise(ctx: AnchorContext, flight: Flight, ledger: number): Promise<EnvelopeRow | null> {
  const newest = flight.live.findLast((envelope) => envelope.awaiting === null);
  if (newest === undefined || newest.submissions === 0) return null;
  const answer = newest.last_answer === null ? null : (JSON.parse(newest.last_answer) as SubmitAnswer);
  const refused = answer?.status === 'refused' && answer.transactionCode === 'tx_insufficient_fee';
  const queued = flight.queuedAt === null ? 0 : ledger - flight.queuedAt;
  if (!refused && queued < 2) return null;
  if ((await readFreeze(ctx.db.read)) !== null) return null;
  const xdr = newest.signed_xdr ?? newest.xdr;
  const inner = innerOf(xdr);
  const count = BigInt(readPaymentEnvelope(inner).operations.length);
  const bid = newest.fee_units / (count + (isBump(xdr) ? 1n : 0n));
  const surge = (await readingsOf(ctx).surge(ctx)) ?? 0n;
  const wanted = refused
    ? most(await feeAsked(answer, count + (isBump(xdr) ? 1n : 0n)), surge, bid * 2n)
    : queued > policy.queueLedgers
      ? most(surge, bid)
      : surge > bid
        ? most(surge, bid * policy.replaceFactor)
        : 0n;
  if (wanted === 0n) return null;
  const cap = ctx.project.stellar.maxFee;
  const rate = wanted > cap ? cap : wanted;
  const beats = refused ? rate > bid : queued > policy.queueLedgers || wanted <= cap;
  if (!beats) {
    if (refused || surge > cap) await tellCap(ctx, flight, most(wanted, surge), cap);
    return null;
  }
  const signer = await feePayer(ctx, flight.payer, null);
  if (signer === null) return null;
  const fee = rate * (count + 1n);
  const signed = wrap(inner, fee, signer, ctx.network.passphrase);
  if (flight.live.some(({ hash }) => hash === signed.hash)) return null;
  ctx.log.info('fee_raised', { before: newest.hash, hash: signed.hash, rate: rate.toString() });
  return fenced(ctx, flight.source.lease, async (trx) => {
    const marks = await trx
      .selectFrom('envelope_obligations')
      .select(['obligation_id', 'operation_index'])
      .where('envelope_hash', '=', newest.hash)
      .execute();
    return storeEnvelope(ctx, trx, flight.slot, {
      signed,
      purpose: 'payment',
      maxLedger: newest.max_ledger,
      maxTime: newest.max_time,
      fee,
      marks: marks.map((row) => ({ index: row.operation_index, id: row.obligation_id })),
    });
  });
}

const most = (...values: bigint[]): bigint => values.reduce((a, b) => (a > b ? a : b));

/** Stroops per operation that the door has named. */
async function feeAsked(answer: SubmitAnswer | null, count: bigint): Promise<bigint> {
  if (answer?.status !== 'refused' || answer.resultXdr === null) return 0n;
  const said = await readResult(answer.resultXdr).catch(() => null);
  return said === null ? 0n : (said.feeCharged + count - 1n) / count;
}

/** Held with the reason; it goes on by itself when the network asks for less, in this slot or after its end. */
async function tellCap(ctx: AnchorContext, flight: Flight, asked: bigint, cap: bigint): Promise<void> {
  const text = `The network asks for ${asked} stroops per operation, the cap is ${cap} ([stellar] max_fee). It goes on when the fee falls.`;
  ctx.log.error('fee_cap_reached', { slot: flight.slot.id, asked: asked.toString(), cap: cap.toString() });
  await fenced(ctx, flight.source.lease, (trx) =>
    trx
      .updateTable('obligations')
      .set({ waiting_code: 'network', waiting_text: text })
      .where('slot_id', '=', flight.slot.id)
      .where('state', '=', 'bound')
      .execute(),
  );
}
