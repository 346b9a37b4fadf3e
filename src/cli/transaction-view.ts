import { printMemo } from '../kernel/memos.ts';
import {
  type AnchorContext,
  assetIdsOf,
  assetOf,
  isExchange,
  listSuspense,
  suspenseView,
  type TransactionRow,
  type Waiting,
  waitingFor,
} from '../transfers/index.ts';
import type { Given } from './command.ts';
import { listView } from './commands/tx-list.ts';
import { type Io, paint } from './io.ts';
import { obligationView } from './obligation-view.ts';
import { printJson, table } from './output.ts';

type Document = Awaited<ReturnType<typeof transactionDocument>>;

/** The document of `anchor tx show --json`. */
export async function transactionDocument(ctx: AnchorContext, row: TransactionRow) {
  const asset = await assetOf(ctx.db.read, row.asset_id);
  const { started_at: _started, updated_at: _updated, ...common } = listView(row, asset.code);
  const { id, sep, kind, status, ...rest } = common;
  const waiting: Waiting | null = await waitingFor(ctx, row);
  const history = await ctx.db.read
    .selectFrom('transaction_history')
    .selectAll()
    .where('transaction_id', '=', row.id)
    .orderBy('id')
    .execute();
  const owed = await ctx.db.read
    .selectFrom('obligations')
    .selectAll()
    .where('transaction_id', '=', row.id)
    .orderBy('created_at')
    .orderBy('ordinal')
    .execute();
  const ids = assetIdsOf(row, asset);
  const memo = row.memo === null || row.memo_type === null ? null : { type: row.memo_type, value: row.memo };
  return {
    id,
    sep,
    kind,
    status,
    waiting_for: waiting === null ? null : { code: waiting.code, text: waiting.text, since: waiting.since },
    ...rest,
    amount_in_asset: ids.in,
    amount_out_asset: ids.out,
    quote_id: row.quote_id,
    exchange: isExchange(row),
    memo: memo === null ? null : printMemo(memo),
    memo_type: row.memo_type,
    history: history.map((entry) => ({
      at: entry.at,
      from: entry.from_status,
      to: entry.to_status,
      by: entry.by_whom,
      reason: entry.reason,
    })),
    obligations: await Promise.all(owed.map((obligation) => obligationView(ctx, obligation))),
    suspense: await namedBySuspense(ctx, row),
  };
}

/** `USD` of iso4217:USD, `SRT` of stellar:SRT:G… */
const nameOf = (id: string): string => id.split(':')[1] ?? id;

/** Money that came for it and was not taken: late, twice, of another amount or asset. */
async function namedBySuspense(ctx: AnchorContext, row: TransactionRow) {
  const items = await listSuspense(ctx.db.read, { transactionId: row.id, limit: 50 });
  const views = await Promise.all(items.map((item) => suspenseView(ctx.db.read, item)));
  return views.map(({ id, kind, state, reason, amount, asset }) => ({
    id,
    kind,
    state,
    reason,
    amount,
    asset,
  }));
}

/** As `anchor tx show` prints it. */
export async function printTransaction(
  ctx: AnchorContext,
  given: Given,
  io: Io,
  row: TransactionRow,
): Promise<void> {
  const view = await transactionDocument(ctx, row);
  if (given.json) printJson(io, view);
  else print(io, row, view);
}

function print(io: Io, row: TransactionRow, view: Document): void {
  const line = (name: string, value: string | null) =>
    value !== null && io.stdout(`  ${name.padEnd(16)}${value}\n`);
  io.stdout(`${view.kind} ${view.id}\n`);
  line('status', paint(io, 'bold', view.status));
  if (view.waiting_for !== null) {
    line(
      'waits for',
      `${paint(io, 'yellow', view.waiting_for.text)} [${view.waiting_for.code}, since ${view.waiting_for.since}]`,
    );
  }
  const comes = view.exchange ? nameOf(view.amount_in_asset) : view.asset;
  const goes = view.exchange ? nameOf(view.amount_out_asset) : view.asset;
  line('in', view.amount_in && `${view.amount_in} ${comes}`);
  line('fee', view.amount_fee && `${view.amount_fee} ${comes}`);
  line('out', view.amount_out && `${view.amount_out} ${goes}`);
  line('account', view.account);
  line('memo', view.memo && `${view.memo} (${view.memo_type})`);
  line('bank reference', row.reference);
  line('Stellar', view.stellar_transaction_id);
  line('bank', view.external_transaction_id);
  line('message', row.message);
  io.stdout('\nTimeline\n');
  io.stdout(indented(view.history.map(({ at, to, by, reason }) => [at, to, by, reason])));
  if (view.obligations.length > 0) io.stdout('\nOwed\n');
  for (const owed of view.obligations) {
    io.stdout(
      `  ${owed.purpose} ${owed.amount} to ${owed.destination ?? 'the bank account'}: ${owed.state}\n`,
    );
    if (owed.slot !== null) io.stdout(`    slot ${owed.slot.account} ${owed.slot.sequence}\n`);
    for (const envelope of owed.envelopes) {
      io.stdout(`    envelope ${envelope.hash}: ${envelope.state}, up to ledger ${envelope.max_ledger}\n`);
    }
  }
  printNamed(io, view);
}

function printNamed(io: Io, view: Document): void {
  if (view.suspense.length === 0) return;
  io.stdout('\nNot taken (anchor suspense show ID)\n');
  const rows = view.suspense.map(({ id, amount, asset, reason, state }) => [
    id,
    `${amount} ${asset?.split(':')[0] ?? ''}`.trim(),
    reason ?? '',
    state,
  ]);
  io.stdout(indented(rows));
}

const indented = (rows: string[][]): string => table(rows).replace(/^(?=.)/gm, '  ');
