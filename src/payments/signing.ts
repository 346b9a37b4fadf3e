import type { ExternalSigner } from '../config/project.ts';
import type { Queries } from '../database/port.ts';
import { isoTime } from '../kernel/clock.ts';
import { hashOf, hintOf, readPaymentEnvelope, withSignatures } from '../stellar/envelope.ts';
import type { KeyPair } from '../stellar/keys.ts';
import type { NetworkAccount } from '../stellar/port.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { type NewEnvelope, storeEnvelope } from './book.ts';
import { type Powers, powersOf, sufficient, totalWeight, weightOf } from './cosign/weights.ts';
import type { EnvelopeRow, SlotRow, Wait } from './rows.ts';
import { isSignerFault, localKeys } from './signers/local.ts';
import { allow } from './signers/policy.ts';
import type { Signature } from './signers/remote.ts';

/** How the payments of a distribution account are signed now. */
export interface SigningPlan {
  powers: Powers;
  /** of this database: all that are needed, or what it has of them */
  keys: KeyPair[];
  /** who is asked for the rest */
  remote: ExternalSigner | null;
  /** co-signers are needed: the envelope has bounds of hours, on a channel of its own */
  patient: boolean;
}

const remoteFact = (account: string): string => `signer:${account}`;

/** So long it is believed that the external signer has no key of an account; then it is asked once more. */
const NO_KEY_MS = 3_600_000;

/** Keys that the external signer has signed with for this account; null: not known, none: it has said that it has none. */
export async function remoteKeys(
  ctx: Pick<AnchorContext, 'db' | 'clock'>,
  account: string,
): Promise<string[] | null> {
  const row = await ctx.db.read
    .selectFrom('facts')
    .select(['value', 'updated_at'])
    .where('name', '=', remoteFact(account))
    .executeTakeFirst();
  if (row === undefined) return null;
  const keys = JSON.parse(row.value) as string[];
  return keys.length === 0 && ctx.clock.now() - Date.parse(row.updated_at) > NO_KEY_MS ? null : keys;
}

/** Who is asked for the signatures that the keys of this database do not make: the external signer, or else people. */
export async function remoteFor(
  ctx: Pick<AnchorContext, 'db' | 'clock' | 'project'>,
  account: string,
): Promise<ExternalSigner | null> {
  const keys = await remoteKeys(ctx, account);
  return keys !== null && keys.length === 0 ? null : (ctx.project.signer ?? null);
}

export async function rememberRemoteKeys(
  ctx: AnchorContext,
  trx: Queries,
  account: string,
  keys: readonly string[],
): Promise<void> {
  const value = JSON.stringify([...keys].sort());
  const updated_at = isoTime(ctx.clock.now());
  await trx
    .insertInto('facts')
    .values({ name: remoteFact(account), value, updated_at })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ value, updated_at }))
    .execute();
}

/**
 * Decides who signs, from the account's signers and thresholds read just now. Where nobody can, it says why, and no slot is taken
 * (reliability F21).
 *
 * @param account the distribution account whose operations are in the transaction, whoever is its source
 */
export async function planSigning(
  ctx: AnchorContext,
  account: NetworkAccount,
): Promise<SigningPlan | { wait: Wait }> {
  const powers = powersOf(account);
  const no = (text: string): { wait: Wait } => ({ wait: { code: 'signatures', text, user: false } });
  if (totalWeight(powers) < powers.needed) {
    return no(`All signers of ${account.id} together do not reach its medium threshold of ${powers.needed}.`);
  }
  let own: KeyPair[];
  try {
    own = await localKeys(ctx, account.id);
  } catch (error) {
    if (!isSignerFault(error)) throw error;
    return no(error.message);
  }
  const able = own.filter((pair) => powers.weights.has(pair.publicKey));
  if (own.length > 0 && able.length === 0) {
    const keys = own.map((pair) => pair.publicKey).join(', ');
    return no(`The key that is kept for ${account.id} is not one of its signers (any more): ${keys}.`);
  }
  const enough = sufficient(
    powers,
    able.map((pair) => pair.publicKey),
  );
  if (enough !== null) {
    const keys = able.filter((pair) => enough.includes(pair.publicKey));
    return { powers, keys, remote: null, patient: false };
  }
  const remote = await remoteFor(ctx, account.id);
  const theirs = remote === null ? [] : await remoteKeys(ctx, account.id);
  const together = theirs && weightOf(powers, [...able.map((pair) => pair.publicKey), ...theirs]);
  return { powers, keys: able, remote, patient: together !== null && together < powers.needed };
}

/**
 * Signs what the policy allows and stores it: call it in the fenced database transaction that took the slot and bound the obligations.
 * What the keys at hand do not suffice for is stored as it is, and waits for the external signer or for co-signers in its slot.
 *
 * @param envelope its `signed.xdr` is without the distribution account's signatures
 * @param finish what is made of it when it has them all, e.g. a fee bump around it
 * @throws SIGNING_REFUSED with `refusalsOf`: put these aside and begin anew
 */
export async function signAndStore(
  ctx: AnchorContext,
  trx: Queries,
  plan: SigningPlan,
  slot: SlotRow,
  envelope: NewEnvelope,
  finish: (signed: NewEnvelope) => NewEnvelope = (signed) => signed,
): Promise<EnvelopeRow> {
  const { account } = plan.powers;
  const read = readPaymentEnvelope(envelope.signed.xdr);
  await allow(ctx, trx, read, { account, slotId: slot.id, marks: envelope.marks });
  const hash = hashOf(read, ctx.network.passphrase);
  const own: Signature[] = plan.keys.map((pair) => ({
    publicKey: pair.publicKey,
    signature: pair.sign(hash),
  }));
  if (weightOf(plan.powers, keysOf(own)) >= plan.powers.needed) {
    const xdr = withSignatures(read, own.map(decorate));
    return storeEnvelope(ctx, trx, slot, finish({ ...envelope, signed: { ...envelope.signed, xdr } }));
  }
  const awaiting = plan.remote === null ? 'cosigners' : 'signer';
  const row = await storeEnvelope(ctx, trx, slot, { ...envelope, awaiting });
  await addSignatures(ctx, trx, row.hash, own, 'signer');
  const wait =
    awaiting === 'signer' ? 'The external signer is asked.' : cosignText(row, plan.powers, keysOf(own));
  await showAwaiting(trx, row.hash, wait);
  return row;
}

export const keysOf = (signatures: readonly Signature[]): string[] => signatures.map((one) => one.publicKey);

export const decorate = ({ publicKey, signature }: Signature) => ({ hint: hintOf(publicKey), signature });

/** What `anchor tx show` says of an envelope that waits for people. */
export function cosignText(
  envelope: Pick<EnvelopeRow, 'hash' | 'max_time'>,
  powers: Powers,
  keys: readonly string[],
): string {
  const until = isoTime(envelope.max_time * 1000).slice(0, 16);
  const weight = `weight ${weightOf(powers, keys)} of ${powers.needed}`;
  return `Co-signers of ${powers.account} have to sign (${weight}, until ${until}Z): anchor tx sign ${envelope.hash}`;
}

/** @param by `signer`, `operator:NAME` */
export async function addSignatures(
  ctx: Pick<AnchorContext, 'clock'>,
  trx: Queries,
  hash: string,
  signatures: readonly Signature[],
  by: string,
): Promise<void> {
  for (const { publicKey, signature } of signatures) {
    await trx
      .insertInto('envelope_signatures')
      .values({
        envelope_hash: hash,
        public_key: publicKey,
        signature: signature.toString('base64'),
        by_whom: by,
        added_at: isoTime(ctx.clock.now()),
      })
      .onConflict((conflict) => conflict.columns(['envelope_hash', 'public_key']).doNothing())
      .execute();
  }
}

/** Says of everything that an envelope carries that it waits for signatures; null: not any more. */
export async function showAwaiting(trx: Queries, hash: string, text: string | null): Promise<void> {
  await trx
    .updateTable('obligations')
    .set({
      waiting_code: text === null ? null : 'signatures',
      waiting_text: text === null ? null : text.slice(0, 500),
    })
    .where('state', '=', 'bound')
    .where('id', 'in', (inner) =>
      inner.selectFrom('envelope_obligations').select('obligation_id').where('envelope_hash', '=', hash),
    )
    .execute();
}
