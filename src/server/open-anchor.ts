import { fileURLToPath } from 'node:url';
import type { BankCredit, BankReturn, PayoutLookup } from '../config/integrations.ts';
import type { Log } from '../kernel/log.ts';
import type { Effect, Taken } from '../rails/index.ts';

export interface OpenAnchorOptions {
  /** the project's folder, e.g. `new URL('.', import.meta.url)` */
  root: string | URL;
  /** default: nothing is logged */
  log?: Log;
}

/** The anchor's bank desk for programs of the anchor's own: what they tell is booked as if the jobs had asked for it. */
export interface BankDesk {
  /** @throws BANK_NOTICE_INVALID a credit without the bank's id */
  notifyDeposit(credit: BankCredit): Promise<Taken>;
  /** @throws BANK_NOTICE_INVALID, PAYOUT_UNKNOWN */
  notifyPayout(news: { key: string } & PayoutLookup): Promise<void>;
  /** @throws BANK_NOTICE_INVALID */
  notifyReturn(entry: BankReturn): Promise<Effect | 'known'>;
  close(): Promise<void>;
}

/**
 * Opens the project's database beside the running anchor, for a program that hears from the bank: a queue's consumer, a server of its
 * own. Telling something twice does no harm.
 *
 * ```ts
 * const anchor = await openAnchor({ root: new URL('.', import.meta.url) });
 * await anchor.notifyDeposit({ id: 'bank-4711', amount: '100', reference: 'Q7K2M4NP' });
 * await anchor.close();
 * ```
 *
 * @throws PROJECT_NOT_FOUND, CONFIG_INVALID, DATABASE_*
 */
export async function openAnchor(options: OpenAnchorOptions): Promise<BankDesk> {
  // loaded when it is called: integrations.ts imports the entry that names this function
  const [{ loadProject }, { createContext }, { silentLog }, rails] = await Promise.all([
    import('../config/index.ts'),
    import('./context.ts'),
    import('../kernel/log.ts'),
    import('../rails/index.ts'),
  ]);
  const dir = typeof options.root === 'string' ? options.root : fileURLToPath(options.root);
  const project = await loadProject({ dir, env: process.env });
  const ctx = await createContext(project, { log: options.log ?? silentLog });
  return {
    notifyDeposit: (credit) => rails.notifyDeposit(ctx, credit),
    notifyPayout: (news) => rails.notifyPayout(ctx, news),
    notifyReturn: (entry) => rails.notifyReturn(ctx, entry),
    close: () => ctx.close(),
  };
}
