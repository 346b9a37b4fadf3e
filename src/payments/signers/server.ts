import * as v from 'valibot';
import { messageOf } from '../../kernel/errors.ts';
import { hashOf, readPaymentEnvelope } from '../../stellar/envelope.ts';
import type { KeyPair } from '../../stellar/keys.ts';
import type { AnchorContext } from '../../transfers/context.ts';
import { powersOf } from '../cosign/weights.ts';
import { readFreeze } from '../freeze.ts';
import { allow, refusalsOf } from './policy.ts';
import { isAuthorized } from './protocol.ts';

/** What the reference signer holds, and what it knows of the anchor: its database, which it reads for itself. */
export interface SignerOptions {
  ctx: Pick<AnchorContext, 'db' | 'clock' | 'log' | 'project' | 'network'>;
  /** shared with the anchor */
  secret: string;
  keys: readonly KeyPair[];
}

export interface SignerAnswer {
  status: 200 | 400 | 401 | 403 | 404 | 503;
  body: object;
}

const signRequest = v.object({
  version: v.literal(1),
  network_passphrase: v.string(),
  account: v.string(),
  transaction: v.pipe(v.string(), v.maxLength(100_000)),
  hash: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
});

type Wanted = v.InferOutput<typeof signRequest>;

/**
 * The reference signer (`anchor signer`): answers one request. It signs what the anchor has written down as owed and as bound to this very
 * transaction, within the assets' maximums; what the request itself says of obligations counts for nothing. The same request is answered
 * alike however often it comes.
 *
 * @param header `X-Anchor-Signature`
 */
export async function answerSignRequest(
  options: SignerOptions,
  header: string | null,
  body: string,
): Promise<SignerAnswer> {
  const { ctx } = options;
  if (!isAuthorized(header, options.secret, body, Math.floor(ctx.clock.now() / 1000))) {
    return fault(401, 'The request is not signed with the shared secret, or its time is not now.');
  }
  const read = v.safeParse(signRequest, parse(body));
  if (!read.success) return fault(400, 'The request is not in the form agreed on.');
  try {
    return await judge(options, read.output);
  } catch (error) {
    const refused = refusalsOf(error);
    if (refused === null) throw error;
    const marks = await marksOf(ctx, read.output.hash);
    const operations = refused.flatMap(
      ({ obligation }) => marks.find(({ id }) => id === obligation)?.index ?? [],
    );
    ctx.log.warn('signer_denied', { hash: read.output.hash, operations, reason: messageOf(error) });
    return { status: 403, body: { error: refused[0]?.wait.text ?? messageOf(error), operations } };
  }
}

async function judge({ ctx, keys }: SignerOptions, wanted: Wanted): Promise<SignerAnswer> {
  const passphrase = ctx.network.passphrase;
  if (wanted.network_passphrase !== passphrase) return fault(403, 'It is for another network.');
  const envelope = readPaymentEnvelope(wanted.transaction);
  const hash = hashOf(envelope, passphrase);
  if (hash.toString('hex') !== wanted.hash) return fault(400, 'The hash is not the one of the transaction.');
  const stored = await ctx.db.read
    .selectFrom('envelopes')
    .select(['slot_id', 'state'])
    .where('hash', '=', wanted.hash)
    .executeTakeFirst();
  if (stored === undefined || stored.slot_id === null || stored.state !== 'signed') {
    return fault(403, 'The anchor has not written this transaction down, or it is over.');
  }
  const slotId = stored.slot_id;
  const marks = await marksOf(ctx, wanted.hash);
  await ctx.db.write((trx) => allow(ctx, trx, envelope, { account: wanted.account, slotId, marks }));
  if ((await readFreeze(ctx.db.read)) !== null) return fault(403, 'Signing is frozen: see anchor reconcile.');
  const held = await keysFor(ctx, wanted.account, keys);
  if (held === null) return fault(503, 'The signers of the account cannot be read from the network now.');
  if (held.length === 0) return fault(404, 'No key of this account is held here.');
  const signatures = held.map((pair) => ({
    public_key: pair.publicKey,
    signature: pair.sign(hash).toString('base64'),
  }));
  ctx.log.info('signed', { hash: wanted.hash, account: wanted.account });
  return { status: 200, body: { signatures } };
}

/** Of the keys held here those that sign for the account now; null where the network does not tell. */
async function keysFor(
  ctx: SignerOptions['ctx'],
  account: string,
  keys: readonly KeyPair[],
): Promise<KeyPair[] | null> {
  try {
    const read = await ctx.network.account(account);
    if ('missing' in read) return [];
    const { weights } = powersOf(read);
    return keys.filter((pair) => weights.has(pair.publicKey));
  } catch {
    return null;
  }
}

const marksOf = async (ctx: SignerOptions['ctx'], hash: string): Promise<{ index: number; id: string }[]> =>
  (
    await ctx.db.read
      .selectFrom('envelope_obligations')
      .select(['obligation_id', 'operation_index'])
      .where('envelope_hash', '=', hash)
      .execute()
  ).map((row) => ({ index: row.operation_index, id: row.obligation_id }));

const fault = (status: 400 | 401 | 403 | 404 | 503, error: string): SignerAnswer => ({
  status,
  body: { error },
});

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
