import type { Insertable } from 'kysely';
import type { Queries } from '../../database/port.ts';
import { getCursor, setCursor } from '../../database/repositories/cursors.ts';
import type { TransactionsTable } from '../../database/schema.ts';
import { assert } from '../../kernel/errors.ts';
import { newReference } from '../../transfers/references.ts';
import { keeps, writeAsset } from '../assets.ts';
import { declaredOffchain, type ImportContext } from '../context.ts';
import type { ImportReport } from '../report.ts';
import { type Keys, readAssets } from './assets.ts';
import { readOffchain } from './offchain.ts';
import { readQuotes } from './quotes.ts';
import type { PolarisSource } from './source.ts';
import { type ImportedTransaction, nowOf, readTransactions, readUntil } from './transactions.ts';
import { textOf } from './values.ts';

export type { Keys } from './assets.ts';
export { openPolaris } from './source.ts';

/**
 * Takes over what a Polaris database holds: assets, finished transactions as history, firm quotes that still hold. All in one database
 * transaction; what an earlier import brought stays as it is. Both sides' jobs must be stopped meanwhile.
 */
export async function importPolaris(
  ctx: ImportContext,
  source: PolarisSource,
  keys: Keys,
  options: { dryRun: boolean },
): Promise<ImportReport> {
  const transactions = await source.rows('polaris_transaction');
  const quoteRows = await source.rows('polaris_quote');
  const methods = await source.rows('polaris_deliverymethod');
  const assets = await readAssets(ctx, await source.rows('polaris_asset'), transactions, keys);
  const byId = new Map(quoteRows.map((row) => [textOf(row, 'id') ?? '', row]));
  const history = await readTransactions(ctx, transactions, assets.plans, byId);
  const quotes = await readQuotes(ctx, { quotes: quoteRows, transactions, methods, assets: assets.plans });
  const offchain = readOffchain(
    {
      assets: await source.rows('polaris_offchainasset'),
      methods,
      links: await source.rows('polaris_offchainasset_delivery_methods'),
      pairs: await source.rows('polaris_exchangepair'),
    },
    declaredOffchain(ctx),
  );
  const cursors = readUntil(transactions);
  if (!options.dryRun) {
    await ctx.db.write(async (trx) => {
      for (const plan of assets.plans.values()) await writeAsset(ctx, trx, plan);
      await writeTransactions(ctx, trx, history.imported);
      for (const quote of quotes.imported) await trx.insertInto('quotes').values(quote).execute();
      const accounts = new Set([...assets.plans.values()].map(({ distribution }) => distribution));
      for (const account of accounts) await moveCursor(ctx, trx, account, cursors.get(account));
    });
  }
  return {
    dryRun: options.dryRun,
    rows: [...assets.rows, ...history.rows, ...quotes.rows, ...offchain.rows],
    anchorToml: offchain.toml,
    notes: offchain.notes,
    seedStored: !options.dryRun && keeps(assets.plans.values(), keys.seed),
  };
}

const CHUNK = 100;

async function writeTransactions(
  ctx: ImportContext,
  trx: Queries,
  rows: readonly ImportedTransaction[],
): Promise<void> {
  for (let at = 0; at < rows.length; at += CHUNK) {
    const part = rows.slice(at, at + CHUNK);
    const references = await freshReferences(ctx, trx, part.length);
    const values = part.map(
      ({ refundedThere, ...row }, i): Insertable<TransactionsTable> => ({
        ...row,
        reference: references[i] as string,
      }),
    );
    await trx.insertInto('transactions').values(values).execute();
    const history = part.map(({ id, status, refundedThere, updated_at }) => ({
      transaction_id: id,
      at: updated_at,
      from_status: null,
      to_status: status,
      by_whom: 'job:import-polaris',
      reason: `taken over from Polaris as history${refundedThere ? '; refunded there' : ''}`,
    }));
    await trx.insertInto('transaction_history').values(history).execute();
  }
}

async function freshReferences(ctx: ImportContext, trx: Queries, count: number): Promise<string[]> {
  const found = new Set<string>();
  for (let attempt = 0; attempt < 20; attempt++) {
    while (found.size < count) found.add(newReference(ctx.ids));
    const taken = await trx
      .selectFrom('transactions')
      .select('reference')
      .where('reference', 'in', [...found])
      .execute();
    if (taken.length === 0) return [...found];
    for (const { reference } of taken) found.delete(reference);
  }
  assert(false, 'twenty draws of references in a row were taken');
}

/** Reading payments begins where Polaris has stopped. What this anchor has read itself it does not read less of, nor skip. */
async function moveCursor(
  ctx: ImportContext,
  trx: Queries,
  account: string,
  until: bigint | undefined,
): Promise<void> {
  if (until === undefined) return;
  const name = `payments:${account}`;
  const before = await getCursor(trx, name);
  if (before !== null) {
    const read = await trx
      .selectFrom('incoming_payments')
      .select('operation_id')
      .where('account', '=', account)
      .limit(1)
      .executeTakeFirst();
    if (read !== undefined || BigInt(before) >= until) return;
  }
  await setCursor(trx, name, until.toString(), nowOf(ctx));
}
