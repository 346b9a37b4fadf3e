import { formatAmount } from '../../kernel/amounts.ts';
import { isoTime } from '../../kernel/clock.ts';
import { readPaymentEnvelope, withSignatures } from '../../stellar/envelope.ts';
import { keyOf } from '../../transfers/assets.ts';
import type { AnchorContext } from '../../transfers/context.ts';
import { readFreeze } from '../freeze.ts';
import { fenced, type Lease } from '../lease.ts';
import type { EnvelopeRow } from '../rows.ts';
import type { SignRequest } from '../signers/protocol.ts';
import { type Asked, askSigner, type Signature } from '../signers/remote.ts';
import {
  addSignatures,
  cosignText,
  decorate,
  keysOf,
  rememberRemoteKeys,
  remoteFor,
  showAwaiting,
} from '../signing.ts';
import { type Powers, powersOf, sufficient } from './weights.ts';

/** What the last look at an envelope without all signatures found; kept in `last_answer`. */
interface Look {
  status: 'awaiting';
  /** milliseconds since 1970 */
  at: number;
  /** how many signatures there were */
  signatures: number;
}

/** The envelope as it is now. `parked`: nothing moves it before people do, or its end comes, and nobody need stand by. */
export interface Collected {
  envelope: EnvelopeRow;
  /** it has all its signatures */
  ready: boolean;
  parked: boolean;
}

const ASK_AGAIN_MS = 2_000;
const LOOK_AGAIN_MS = 60_000;

/**
 * Gathers what an envelope lacks: asks the external signer, and counts the co-signers' signatures by the account's signers and weights
 * as they are now. The envelope stays in its slot whatever comes of it (reliability R2, F21).
 *
 * @throws NETWORK_UNAVAILABLE, LEASE_LOST
 */
export async function collect(ctx: AnchorContext, lease: Lease, envelope: EnvelopeRow): Promise<Collected> {
  const waiting: Collected = { envelope, ready: false, parked: envelope.awaiting === 'cosigners' };
  if (isDenied(envelope)) return { ...waiting, parked: !leavesOthers(envelope) };
  if ((await readFreeze(ctx.db.read)) !== null) return { ...waiting, parked: true };
  const signatures = await signaturesOf(ctx, envelope.hash);
  if (!isDue(ctx, envelope, signatures.length)) return waiting;
  const claim = await claimOf(ctx, envelope);
  const account = await ctx.network.account(claim.account);
  if ('missing' in account) return waiting;
  const powers = powersOf(account);
  const asked = await askIfNeeded(ctx, envelope, claim, powers, signatures);
  const news = judge(ctx, envelope, { asked, powers, signatures });
  const after = await fenced(ctx, lease, async (trx) => {
    if (asked?.status === 'signed') {
      await addSignatures(ctx, trx, envelope.hash, asked.signatures, 'signer');
      await rememberRemoteKeys(ctx, trx, claim.account, keysOf(asked.signatures));
    }
    if (asked?.status === 'none') await rememberRemoteKeys(ctx, trx, claim.account, []);
    await showAwaiting(trx, envelope.hash, news.text);
    return trx
      .updateTable('envelopes')
      .set({ ...news.set, updated_at: isoTime(ctx.clock.now()) })
      .where('hash', '=', envelope.hash)
      .where('awaiting', 'is not', null)
      .returningAll()
      .executeTakeFirst();
  });
  if (after === undefined) return waiting;
  const denied = isDenied(after);
  return {
    envelope: after,
    ready: after.awaiting === null,
    parked: denied ? !leavesOthers(after) : after.awaiting === 'cosigners',
  };
}

interface Evidence {
  asked: Asked | null;
  powers: Powers;
  signatures: readonly Signature[];
}

type Change = Pick<EnvelopeRow, 'awaiting' | 'last_answer'> & Partial<Pick<EnvelopeRow, 'signed_xdr'>>;

/** What becomes of the envelope, and what is said of what it carries. */
function judge(
  ctx: AnchorContext,
  envelope: EnvelopeRow,
  { asked, powers, signatures }: Evidence,
): { set: Change; text: string | null } {
  const all = asked?.status === 'signed' ? [...signatures, ...asked.signatures] : signatures;
  const chosen = sufficient(powers, keysOf(all));
  if (chosen !== null) {
    const signed_xdr = assemble(envelope, all, chosen);
    return { set: { awaiting: null, signed_xdr, last_answer: null }, text: null };
  }
  if (asked?.status === 'denied') {
    const { awaiting } = envelope;
    return { set: { awaiting, last_answer: denial(asked, envelope) }, text: deniedText(asked.reason) };
  }
  // it has done what it can: the rest is for people
  const done = asked?.status === 'signed' || asked?.status === 'none';
  const awaiting = done ? 'cosigners' : envelope.awaiting;
  const look: Look = { status: 'awaiting', at: ctx.clock.now(), signatures: all.length };
  const set: Change = { awaiting, last_answer: JSON.stringify(look) };
  if (asked?.status !== 'unknown') return { set, text: cosignText(envelope, powers, keysOf(all)) };
  ctx.log.warn('signer_unknown', { hash: envelope.hash, reason: asked.reason });
  const away = `The external signer does not answer: ${asked.reason}. It is asked again.`;
  // where others can sign too, nobody has to wait for it
  const people = powers.weights.size > 1 ? ` ${cosignText(envelope, powers, keysOf(all))}` : '';
  return { set, text: `${away}${people}` };
}

/** A signature that the network does not take (any more): the envelope waits again, for those that its signers make now. */
export async function reopen(ctx: AnchorContext, lease: Lease, envelope: EnvelopeRow): Promise<void> {
  ctx.log.warn('signatures_refused', { hash: envelope.hash });
  const remote = await remoteFor(ctx, await payerOf(ctx, envelope));
  const awaiting = remote === null ? 'cosigners' : 'signer';
  await fenced(ctx, lease, (trx) =>
    trx
      .updateTable('envelopes')
      .set({ awaiting, last_answer: null })
      .where('hash', '=', envelope.hash)
      .where('signed_xdr', 'is not', null)
      .execute(),
  );
}

export async function signaturesOf(ctx: Pick<AnchorContext, 'db'>, hash: string): Promise<Signature[]> {
  const rows = await ctx.db.read
    .selectFrom('envelope_signatures')
    .select(['public_key', 'signature'])
    .where('envelope_hash', '=', hash)
    .orderBy('public_key')
    .execute();
  return rows.map((row) => ({ publicKey: row.public_key, signature: Buffer.from(row.signature, 'base64') }));
}

function isDue(ctx: AnchorContext, envelope: EnvelopeRow, signatures: number): boolean {
  const look = lookOf(envelope);
  if (look === null || look.signatures !== signatures) return true;
  const pause = envelope.awaiting === 'signer' ? ASK_AGAIN_MS : LOOK_AGAIN_MS;
  return ctx.clock.now() - look.at >= pause;
}

function lookOf({ last_answer: text }: EnvelopeRow): Look | null {
  const value = text === null ? null : (JSON.parse(text) as { status?: string });
  return value?.status === 'awaiting' ? (value as Look) : null;
}

async function askIfNeeded(
  ctx: AnchorContext,
  envelope: EnvelopeRow,
  claim: Claim,
  powers: Powers,
  signatures: readonly Signature[],
): Promise<Asked | null> {
  const signer = ctx.project.signer;
  if (envelope.awaiting !== 'signer' || sufficient(powers, keysOf(signatures)) !== null) return null;
  if (signer === undefined) return { status: 'unknown', reason: 'SIGNER_URL is not set any more' };
  const asked = await askSigner(ctx, signer, claim.request, powers);
  ctx.log.info('signer_answer', { hash: envelope.hash, status: asked.status });
  return asked;
}

interface Claim {
  account: string;
  request: SignRequest;
}

/** What the envelope pays and for whom, as the external signer is told. */
async function claimOf(ctx: AnchorContext, envelope: EnvelopeRow): Promise<Claim> {
  const rows = await ctx.db.read
    .selectFrom('envelope_obligations')
    .innerJoin('obligations', 'obligations.id', 'envelope_obligations.obligation_id')
    .innerJoin('assets', 'assets.id', 'obligations.asset_id')
    .selectAll(['obligations'])
    .select(['assets.code', 'assets.issuer', 'assets.distribution_account', 'operation_index'])
    .where('envelope_hash', '=', envelope.hash)
    .orderBy('operation_index')
    .execute();
  const account = rows[0]?.distribution_account ?? envelope.source_account;
  return {
    account,
    request: {
      version: 1,
      network_passphrase: ctx.network.passphrase,
      account,
      transaction: envelope.xdr,
      hash: envelope.hash,
      obligations: rows.map((row) => ({
        id: row.id,
        operation: row.operation_index,
        purpose: row.purpose,
        transaction_id: row.transaction_id,
        asset: row.asset_key ?? keyOf(row),
        amount: formatAmount(row.amount_units),
        destination: row.destination ?? '',
        memo: row.memo,
        memo_type: row.memo_type,
      })),
    },
  };
}

/** The distribution account whose signatures an envelope needs. */
export const payerOf = async (ctx: AnchorContext, envelope: EnvelopeRow): Promise<string> =>
  (await claimOf(ctx, envelope)).account;

function assemble(envelope: EnvelopeRow, all: readonly Signature[], chosen: readonly string[]): string {
  const used = chosen.flatMap((key) => all.find((one) => one.publicKey === key) ?? []);
  return withSignatures(readPaymentEnvelope(envelope.xdr), used.map(decorate));
}

/** In the form of a refusal at the door, so that those named can be left out in the same slot. */
function denial(asked: Extract<Asked, { status: 'denied' }>, envelope: EnvelopeRow): string {
  const count = readPaymentEnvelope(envelope.xdr).operations.length;
  const named = new Set(asked.operations);
  const operationCodes =
    named.size === 0
      ? []
      : Array.from({ length: count }, (_, at) => (named.has(at) ? 'op_denied' : 'op_success'));
  const answer = { status: 'refused', transactionCode: 'signer_denied', operationCodes, resultXdr: null };
  return JSON.stringify({ ...answer, reason: asked.reason.slice(0, 400) });
}

export const deniedText = (reason: string): string => `The signer refuses: ${reason}`;

interface Denial {
  transactionCode?: string;
  operationCodes?: string[];
}

const answerOf = ({ last_answer: text }: EnvelopeRow): Denial =>
  text === null ? {} : (JSON.parse(text) as Denial);

/** Whether the external signer has said no to this envelope: it is not asked again. */
export const isDenied = (envelope: EnvelopeRow): boolean =>
  answerOf(envelope).transactionCode === 'signer_denied';

/** Whether it has named what it does not sign, so that the others can go in another envelope of the slot. */
const leavesOthers = (envelope: EnvelopeRow): boolean => {
  const codes = answerOf(envelope).operationCodes ?? [];
  return codes.includes('op_denied') && codes.includes('op_success');
};
