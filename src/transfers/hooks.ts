import type { HookContext, Json, TransactionContext } from '../config/integrations.ts';
import { AnchorError } from '../kernel/errors.ts';
import { limits } from '../kernel/limits.ts';
import type { AnchorContext } from './context.ts';

export { callHook, type HookFault, type HookOptions, hookFaultOf } from '../config/call-hook.ts';

/** The hook's context with JSON of the anchor's own, kept with one transaction (`ctx.data`). */
export function withData(ctx: AnchorContext, transactionId: string, hook: HookContext): TransactionContext {
  return {
    ...hook,
    data: {
      async get() {
        const row = await ctx.db.read
          .selectFrom('transactions')
          .select('data')
          .where('id', '=', transactionId)
          .executeTakeFirst();
        return row?.data ? (JSON.parse(row.data) as Json) : null;
      },
      async set(value) {
        const data = JSON.stringify(value ?? null);
        if (data.length > limits.hookResultBytes) {
          throw new AnchorError({
            code: 'HOOK_DATA_TOO_LARGE',
            message: 'ctx.data is larger than a megabyte.',
          });
        }
        await ctx.db.read.updateTable('transactions').set({ data }).where('id', '=', transactionId).execute();
      },
    },
  };
}
