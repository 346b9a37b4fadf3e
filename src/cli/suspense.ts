import {
  type AnchorContext,
  findSuspense,
  refundsFor,
  type SuspenseItem,
  suspenseHistory,
  suspenseView,
} from '../transfers/index.ts';
import type { Command, Given } from './command.ts';
import { argumentAt, decisionOf } from './decision.ts';
import { type Io, paint } from './io.ts';
import { obligationView } from './obligation-view.ts';
import { printJson, table } from './output.ts';
import { withRuntime } from './runtime.ts';
import { choiceOption } from './values.ts';

export const kindOption = (given: Given): SuspenseItem['kind'] | undefined =>
  choiceOption(given, 'kind', ['payment', 'credit'] as const);

/** The document of `anchor suspense show --json`, which every action on it answers too. */
export async function suspenseDocument(ctx: AnchorContext, item: SuspenseItem) {
  const db = ctx.db.read;
  const refunds = await refundsFor(db, item);
  return {
    ...(await suspenseView(db, item)),
    obligations: await Promise.all(
      refunds.map(async (row) => ({
        ...(await obligationView(ctx, row)),
        waiting_for:
          row.waiting_code === null ? null : { code: row.waiting_code, text: row.waiting_text ?? '' },
      })),
    ),
    history: await suspenseHistory(db, item),
  };
}

export async function printSuspense(ctx: AnchorContext, given: Given, io: Io, id: string): Promise<void> {
  const item = await findSuspense(ctx.db.read, id, kindOption(given));
  const view = await suspenseDocument(ctx, item);
  if (given.json) {
    printJson(io, view);
    return;
  }
  const line = (name: string, value: string | null) =>
    value !== null && io.stdout(`  ${name.padEnd(16)}${value}\n`);
  io.stdout(`${view.kind === 'payment' ? 'Stellar payment' : 'bank credit'} ${view.id}\n`);
  line('state', paint(io, 'bold', view.state));
  line('why', view.reason_text);
  line('amount', `${view.amount}${view.asset === null ? '' : ` ${view.asset}`}`);
  line('from', view.from);
  line('memo', view.memo === null ? null : `${view.memo} (${view.memo_type})`);
  line('muxed id', view.muxed_id);
  line('reference', view.reference);
  line('to', view.account);
  line('Stellar', view.stellar_transaction_id);
  line('transaction', view.transaction_id);
  line('received', view.received_at);
  line('goes back', view.refund_due_at);
  for (const owed of view.obligations) {
    const why = owed.waiting_for === null ? '' : `: ${owed.waiting_for.text}`;
    io.stdout(`  refund of ${owed.amount} to ${owed.destination ?? 'the payer'}: ${owed.state}${why}\n`);
  }
  if (view.history.length === 0) return;
  io.stdout('\nDecisions\n');
  io.stdout(
    table(view.history.map(({ at, action, by, reason }) => [at, action, by, reason])).replace(
      /^(?=.)/gm,
      '  ',
    ),
  );
}

/** A command that decides about the money whose id is the first argument, and shows it afterwards. */
export function decisionCommand(
  work: (
    ctx: AnchorContext,
    item: SuspenseItem,
    how: { by: string; reason: string },
    given: Given,
  ) => Promise<void>,
  options: { integrations?: boolean } = {},
): Command {
  return async (given, io) => {
    const id = argumentAt(given, 0);
    const how = decisionOf(given, io);
    const kind = kindOption(given);
    return withRuntime(given, io, { integrations: options.integrations === true }, async ({ ctx }) => {
      await work(ctx, await findSuspense(ctx.db.read, id, kind), how, given);
      await printSuspense(ctx, given, io, id);
      return 0;
    });
  };
}
