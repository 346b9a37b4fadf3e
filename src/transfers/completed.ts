import * as v from 'valibot';
import { messageOf } from '../kernel/errors.ts';
import { assetOf } from './assets.ts';
import type { AnchorContext } from './context.ts';
import { callHook, withData } from './hooks.ts';
import { knownFields } from './known-fields.ts';
import type { TransactionRow } from './rows.ts';
import { transactionView } from './view.ts';

/**
 * Tells the integration that a transaction is completed, after the commit that completed it. Best effort: a fault is logged and
 * changes nothing.
 */
export async function tellCompleted(ctx: AnchorContext, row: TransactionRow): Promise<void> {
  const flow = ctx.project.integrations[row.kind];
  const hook = flow?.afterCompleted;
  if (hook === undefined) return;
  const name = `${row.kind}.afterCompleted`;
  try {
    const asset = await assetOf(ctx.db.read, row.asset_id);
    const view = transactionView(row, asset, await knownFields(ctx, row));
    await callHook(ctx, name, (hookCtx) => hook.call(flow, view, withData(ctx, row.id, hookCtx)), v.any());
  } catch (error) {
    ctx.log.error('hook_failed', { hook: name, transaction: row.id, error: messageOf(error) });
  }
}
