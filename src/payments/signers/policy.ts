import type { Insertable } from 'kysely';
import type { Queries } from '../../database/port.ts';
import type { SignedDaysTable } from '../../database/schema.ts';
import { formatAmount } from '../../kernel/amounts.ts';
import { assetKey } from '../../kernel/assets.ts';
import { isoTime } from '../../kernel/clock.ts';
import { AnchorError, assert } from '../../kernel/errors.ts';
import { isMuxed, splitMuxed } from '../../kernel/strkey.ts';
import type { ReadEnvelope, ReadOperation } from '../../stellar/envelope.ts';
import { keyOf } from '../../transfers/assets.ts';
import type { AnchorContext } from '../../transfers/context.ts';
import type { AssetRow, ObligationRow } from '../../transfers/rows.ts';
import type { Wait } from '../rows.ts';

/** What may not be signed: each of these payments waits or is held, for this reason; the others may go. */
export interface Refusal {
  obligation: string;
  wait: Wait;
}

const REFUSALS = Symbol('refusals');

/** The error that says what is not signed, and why: read it with `refusalsOf`. */
export function signingRefused(refusals: readonly Refusal[]): AnchorError {
  const error = new AnchorError({
    code: 'SIGNING_REFUSED',
    message: `The signer refuses: ${refusals[0]?.wait.text ?? ''}`,
    hint: 'See: anchor tx show, anchor assets',
  });
  return Object.assign(error, { [REFUSALS]: refusals });
}

export const refusalsOf = (error: unknown): readonly Refusal[] | null =>
  AnchorError.is(error) && error.code === 'SIGNING_REFUSED'
    ? ((error as unknown as { [REFUSALS]?: readonly Refusal[] })[REFUSALS] ?? [])
    : null;

/** What is to be signed, as the database has it: the slot, and which operation stands for which obligation. */
export interface Claim {
  /** the distribution account that pays */
  account: string;
  slotId: string;
  marks: readonly { index: number; id: string }[];
}

type Ports = Pick<AnchorContext, 'clock' | 'project'>;

interface Due {
  obligation: ObligationRow;
  asset: AssetRow;
}

/**
 * The rule inside the signer: nothing is signed but what is owed. Reads the envelope's own bytes and the obligations, both anew, so that
 * a fault anywhere above cannot get a signature for another destination, amount, asset or memo, for an operation that no obligation
 * stands behind, above the asset's maximum, or for what another slot may still pay (reliability section 7).
 *
 * Call it in the database transaction that stores the envelope: what is counted for the day is written there.
 *
 * @throws SIGNING_REFUSED with `refusalsOf`
 */
export async function allow(ctx: Ports, trx: Queries, envelope: ReadEnvelope, claim: Claim): Promise<void> {
  const due = await readDue(trx, claim);
  const refusals: Refusal[] = [];
  const refuse = (id: string, text: string, code: Wait['code'] = 'operator'): void => {
    refusals.push({ obligation: id, wait: { code, text, user: false } });
  };
  const whole = faultOfWhole(ctx, envelope, due, claim);
  let from = 0;
  for (const mark of [...claim.marks].sort((a, b) => a.index - b.index)) {
    const one = due.get(mark.id);
    const part = envelope.operations.slice(from, mark.index + 1);
    from = mark.index + 1;
    const fault = whole ?? (one === undefined ? 'it is not owed' : faultOf(ctx, part, one, claim));
    if (fault !== null) refuse(mark.id, `The signer does not sign for it: ${fault}.`);
    else if (one !== undefined) {
      const most = one.asset.payment_max_units;
      if (most !== null && one.obligation.amount_units > most) {
        refuse(
          mark.id,
          `The amount is above the maximum of ${formatAmount(most)} ${one.asset.code} per payment.`,
        );
      }
    }
  }
  if (from !== envelope.operations.length && refusals.length === 0) {
    for (const mark of claim.marks)
      refuse(mark.id, 'The signer does not sign for it: an operation too many.');
  }
  if (refusals.length > 0) throw signingRefused(refusals);
  await countDay(ctx, trx, claim.account, [...due.values()]);
}

async function readDue(trx: Queries, claim: Claim): Promise<Map<string, Due>> {
  const ids = claim.marks.map((mark) => mark.id);
  const rows: ObligationRow[] = await trx
    .selectFrom('obligations')
    .selectAll()
    .where('id', 'in', ids)
    .where('leg', '=', 'stellar')
    .where('state', '=', 'bound')
    .where('slot_id', '=', claim.slotId)
    .execute();
  const elsewhere = await trx
    .selectFrom('envelope_obligations')
    .innerJoin('envelopes', 'envelopes.hash', 'envelope_obligations.envelope_hash')
    .innerJoin('slots', 'slots.id', 'envelopes.slot_id')
    .select('envelope_obligations.obligation_id as id')
    .where('envelope_obligations.obligation_id', 'in', ids)
    .where('slots.id', '<>', claim.slotId)
    .where('slots.state', '=', 'open')
    .execute();
  const taken = new Set(elsewhere.map(({ id }) => id));
  const assets: AssetRow[] = await trx
    .selectFrom('assets')
    .selectAll()
    .where('distribution_account', '=', claim.account)
    .execute();
  const due = new Map<string, Due>();
  for (const obligation of rows) {
    const asset = assets.find((row) => row.id === obligation.asset_id);
    if (asset !== undefined && !taken.has(obligation.id)) due.set(obligation.id, { obligation, asset });
  }
  return due;
}

/** What is wrong with the transaction itself: fee, bounds, memo. */
function faultOfWhole(
  ctx: Ports,
  envelope: ReadEnvelope,
  due: ReadonlyMap<string, Due>,
  claim: Claim,
): string | null {
  if (envelope.fee > ctx.project.stellar.maxFee * BigInt(envelope.operations.length)) {
    return 'its fee is above stellar.max_fee';
  }
  if (envelope.maxLedger === 0 || envelope.maxTime === 0n) return 'it would be valid for ever';
  const memos = [...due.values()].map(({ obligation: { memo, memo_type: type } }) =>
    memo === null || type === null ? null : { type, value: memo },
  );
  const wanted = memos.find((memo) => memo !== null) ?? null;
  const { memo } = envelope;
  const same = wanted === null ? memo === null : memo?.type === wanted.type && memo.value === wanted.value;
  if (!same) return 'its memo is not the one owed';
  return wanted !== null && claim.marks.length > 1 ? 'a memo is for one payment alone' : null;
}

/** Operations of one obligation: the last one pays it, or opens the account; the ones before prepare the way for it. */
function faultOf(
  ctx: Ports,
  part: readonly ReadOperation[],
  { obligation, asset }: Due,
  { account }: Claim,
): string | null {
  const destination = obligation.destination ?? '';
  const receiver = isMuxed(destination) ? splitMuxed(destination).account : destination;
  const key = obligation.asset_key ?? keyOf(asset);
  const opening = asset.starting_balance_units ?? ctx.project.stellar.startingBalance;
  const opens = (operation: ReadOperation): boolean =>
    operation.type === 'createAccount' &&
    operation.source === account &&
    operation.destination === receiver &&
    operation.startingBalance <= opening;
  const authorizes = (operation: ReadOperation): boolean =>
    operation.type === 'setTrustLineFlags' &&
    operation.source === operation.asset.issuer &&
    operation.trustor === receiver &&
    assetKey(operation.asset) === key &&
    operation.clear === 0 &&
    operation.set === 1;
  const before = part.slice(0, -1);
  if (before.length > 1 || !before.every((one) => opens(one) || authorizes(one))) {
    return 'an operation that nothing is owed for';
  }
  const paying = part.at(-1);
  if (paying === undefined) return 'no operation pays it';
  if (paying.type === 'setTrustLineFlags') return 'no operation pays it';
  if (paying.source !== account) return 'another account pays';
  if (paying.type === 'createAccount') {
    if (key !== 'native') return opens(paying) ? null : 'the account would get too much XLM';
    const right = paying.destination === destination && paying.startingBalance === obligation.amount_units;
    return right ? null : 'destination or amount is another one';
  }
  if (assetKey(paying.asset) !== key) return 'the asset is another one';
  if (paying.amount !== obligation.amount_units) return 'the amount is another one';
  if (paying.type === 'payment') {
    return paying.destination === destination ? null : 'the destination is another one';
  }
  const [first, ...others] = paying.claimants;
  const right =
    first?.account === destination &&
    first.afterSeconds === 0 &&
    others.every((one) => one.account === account && one.afterSeconds >= 86_400);
  return right ? null : 'the claimants are others';
}

/**
 * Counts what is signed for the first time, and refuses what goes beyond the asset's maximum of the day (UTC). Added up in one statement,
 * whose row stays locked until the end: other channels of the account count on from there.
 */
async function countDay(ctx: Ports, trx: Queries, account: string, due: readonly Due[]): Promise<void> {
  const day = isoTime(ctx.clock.now()).slice(0, 10);
  const fresh = due.filter(({ obligation }) => obligation.signed_on === null);
  if (fresh.length === 0) return;
  const refusals: Refusal[] = [];
  for (const [asset, own] of byAsset(fresh)) {
    const sum = own.reduce((total, { obligation }) => total + obligation.amount_units, 0n);
    let total = (await addToDay(trx, { account, asset, day, signed_units: sum })) - sum;
    for (const { obligation, asset: row } of own) {
      const most = row.payment_day_units;
      total += obligation.amount_units;
      // the maximum is one of this asset: what goes back in another one is bound by what came in
      if (most === null || asset !== keyOf(row) || total <= most) continue;
      total -= obligation.amount_units;
      const text = `The maximum of ${formatAmount(most)} ${row.code} per day is used up; it goes on when the day (UTC) is over.`;
      refusals.push({ obligation: obligation.id, wait: { code: 'operator', text, user: false } });
    }
  }
  if (refusals.length > 0) throw signingRefused(refusals);
  const ids = fresh.map(({ obligation }) => obligation.id);
  const marked = await trx
    .updateTable('obligations')
    .set({ signed_on: day })
    .where('id', 'in', ids)
    .executeTakeFirst();
  assert(Number(marked.numUpdatedRows) === ids.length, 'an obligation vanished while it was signed');
}

function byAsset(due: readonly Due[]): Map<string, Due[]> {
  const groups = new Map<string, Due[]>();
  for (const one of due) {
    const key = one.obligation.asset_key ?? keyOf(one.asset);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return groups;
}

async function addToDay(trx: Queries, row: Insertable<SignedDaysTable>): Promise<bigint> {
  const { signed_units } = await trx
    .insertInto('signed_days')
    .values(row)
    .onConflict((conflict) =>
      conflict.columns(['account', 'asset', 'day']).doUpdateSet(({ eb, ref }) => ({
        signed_units: eb(ref('signed_days.signed_units'), '+', ref('excluded.signed_units')),
      })),
    )
    .returning('signed_units')
    .executeTakeFirstOrThrow();
  return signed_units;
}
