import type { Selectable } from 'kysely';
import type { IncomingPaymentsTable } from '../../database/schema.ts';
import { isMuxed, splitMuxed } from '../../kernel/strkey.ts';
import type { EnvelopeRow } from '../../payments/rows.ts';
import { XdrReader } from '../../stellar/xdr-reader.ts';
import type { AnchorContext } from '../../transfers/context.ts';
import type { ObligationRow } from '../../transfers/rows.ts';
import type { Entry } from './history.ts';

export type IncomingRow = Selectable<IncomingPaymentsTable>;

/** What the database has about a handful of transactions. */
export interface Book {
  /** by the transaction's hash: the envelope of ours that it carried out */
  envelopes: Map<string, EnvelopeRow>;
  /** by envelope hash and operation index, `HASH:3` */
  marks: Map<string, ObligationRow>;
  /** obligations by the hash that paid them */
  paidBy: Map<string, ObligationRow[]>;
  /** by operation id; further deliveries of one operation end in `-1`, `-2` */
  incoming: Map<string, IncomingRow>;
  /** how far payments to the account are read: a paging token */
  readUntil: bigint | null;
  /** hashes that an operator has looked at */
  accepted: Set<string>;
}

export const ACCEPTED = 'accepted';
export const acceptedFact = (hash: string): string => `${ACCEPTED}:${hash}`;

/** Parameters of one statement. */
const CHUNK = 500;

async function inChunks<T>(ids: string[], read: (chunk: string[]) => Promise<T[]>): Promise<T[]> {
  const found: T[] = [];
  for (let i = 0; i < ids.length; i += CHUNK) found.push(...(await read(ids.slice(i, i + CHUNK))));
  return found;
}

/** The order matters on a running anchor: what is read first was written last. */
export async function readBook(ctx: AnchorContext, account: string, entries: Entry[]): Promise<Book> {
  const db = ctx.db.read;
  const cursor = await db
    .selectFrom('cursors')
    .select('cursor')
    .where('name', '=', `payments:${account}`)
    .executeTakeFirst();
  const operations = entries.flatMap((entry) => entry.operations.map((operation) => operation.id));
  const incoming = await inChunks(operations, (ids) =>
    db.selectFrom('incoming_payments').selectAll().where('operation_id', 'in', ids).execute(),
  );
  const hashes = [...new Set(entries.flatMap(({ transaction }) => hashesOf(transaction)))];
  const envelopes = await readEnvelopes(ctx, entries, hashes);
  const known = [...new Set([...envelopes.values()].map((envelope) => envelope.hash))];
  const marked = await inChunks(known, (ids) =>
    db
      .selectFrom('envelope_obligations')
      .innerJoin('obligations', 'obligations.id', 'envelope_obligations.obligation_id')
      .selectAll('obligations')
      .select(['envelope_hash', 'operation_index'])
      .where('envelope_hash', 'in', ids)
      .execute(),
  );
  const accepted = await inChunks(hashes, (ids) =>
    db.selectFrom('facts').select('name').where('name', 'in', ids.map(acceptedFact)).execute(),
  );
  return {
    envelopes,
    marks: new Map(marked.map((row) => [`${row.envelope_hash}:${row.operation_index}`, row])),
    paidBy: await readAcceptedPayments(ctx, [...envelopes.values()]),
    incoming: new Map(incoming.map((row) => [row.operation_id, row])),
    readUntil: cursor === undefined ? null : BigInt(cursor.cursor),
    accepted: new Set(accepted.map(({ name }) => name.slice(ACCEPTED.length + 1))),
  };
}

export const hashesOf = (transaction: Entry['transaction']): string[] =>
  transaction.innerHash === null ? [transaction.hash] : [transaction.hash, transaction.innerHash];

/** Someone else may have put a fee bump around what we signed: the inner hash is as good. */
async function readEnvelopes(
  ctx: AnchorContext,
  entries: Entry[],
  hashes: string[],
): Promise<Map<string, EnvelopeRow>> {
  const read = (column: 'hash' | 'inner_hash') =>
    inChunks(hashes, (ids) =>
      ctx.db.read.selectFrom('envelopes').selectAll().where(column, 'in', ids).execute(),
    );
  const rows: EnvelopeRow[] = [...(await read('hash')), ...(await read('inner_hash'))];
  const settled = (row: EnvelopeRow): boolean => row.state === 'applied' || row.state === 'failed';
  const found = new Map<string, EnvelopeRow>();
  for (const { transaction } of entries) {
    const own = hashesOf(transaction);
    const fitting = rows.filter((row) => own.includes(row.hash) || own.includes(row.inner_hash));
    const best = fitting.find(settled) ?? fitting.find((row) => own.includes(row.hash)) ?? fitting[0];
    if (best !== undefined) found.set(transaction.hash, best);
  }
  return found;
}

/** Payments that were recognized when a transaction was accepted: such an envelope has no slot and no marks. */
async function readAcceptedPayments(
  ctx: AnchorContext,
  envelopes: EnvelopeRow[],
): Promise<Map<string, ObligationRow[]>> {
  const hashes = envelopes.filter((row) => row.purpose === ACCEPTED).map((row) => row.hash);
  const rows: ObligationRow[] = await inChunks(hashes, (ids) =>
    ctx.db.read.selectFrom('obligations').selectAll().where('paid_by', 'in', ids).execute(),
  );
  const found = new Map<string, ObligationRow[]>();
  for (const row of rows) found.set(row.paid_by ?? '', [...(found.get(row.paid_by ?? '') ?? []), row]);
  return found;
}

const FEE_BUMP = 5;

/** Who pays the fee: the source, or of a fee bump whoever signed it. */
export function feePayer(transaction: Entry['transaction']): string {
  if (transaction.innerHash === null) return transaction.sourceAccount;
  const reader = new XdrReader(Buffer.from(transaction.envelopeXdr, 'base64'));
  if (reader.uint32() !== FEE_BUMP) return transaction.sourceAccount;
  const payer = reader.muxedAccount();
  return isMuxed(payer) ? splitMuxed(payer).account : payer;
}
