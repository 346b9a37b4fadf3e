import { fileURLToPath } from 'node:url';
import type { Log } from '../kernel/log.ts';
import type { SendRequest, SendUpdate, SendView } from '../sending/index.ts';

export interface OpenSenderOptions {
  /** the project's folder, e.g. `new URL('.', import.meta.url)` */
  root: string | URL;
  /** default: nothing is logged */
  log?: Log;
}

/** Sends payments through other anchors (SEP-31) from a program of the anchor's own, beside its jobs. */
export interface Sender {
  /**
   * Written down first, then taken as far as it goes at once. Under a known key it is the same payment.
   *
   * @throws SEND_INVALID, AMOUNT_*, PARTNER_ADDRESS_INVALID (400); SEND_KEY_TAKEN (409)
   */
  send(request: SendRequest): Promise<SendView>;
  /** by id or key. @throws SEND_NOT_FOUND (404) */
  show(idOrKey: string): Promise<SendView>;
  /** newest first */
  list(options?: { limit?: number; open?: boolean }): Promise<SendView[]>;
  /** @throws SEND_NOT_FOUND (404), SEND_ENDED, PARTNER_REFUSED (409), PARTNER_UNAVAILABLE (503) */
  update(idOrKey: string, update: SendUpdate): Promise<SendView>;
  close(): Promise<void>;
}

/**
 * Opens the project's database beside the running anchor, whose jobs take the payments further.
 *
 * ```ts
 * const sender = await openSender({ root: new URL('.', import.meta.url) });
 * const payment = await sender.send({ key: 'order-4711', to: 'https://anchor.example.com', asset: 'USDC', amount: '100', sender, receiver });
 * console.log(`Pay ${payment.amount} with the reference ${payment.reference}`);
 * ```
 *
 * @throws PROJECT_NOT_FOUND, CONFIG_INVALID, DATABASE_*
 */
export async function openSender(options: OpenSenderOptions): Promise<Sender> {
  // loaded when it is called: integrations.ts may import the entry that names this function
  const [{ loadProject }, { createContext }, { silentLog }, sending] = await Promise.all([
    import('../config/index.ts'),
    import('./context.ts'),
    import('../kernel/log.ts'),
    import('../sending/index.ts'),
  ]);
  const dir = typeof options.root === 'string' ? options.root : fileURLToPath(options.root);
  const project = await loadProject({ dir, env: process.env });
  const ctx = await createContext(project, { log: options.log ?? silentLog });
  return {
    send: (request) => sending.send(ctx, request),
    show: (idOrKey) => sending.showSend(ctx, idOrKey),
    list: ({ limit = 20, open = false } = {}) => sending.listSends(ctx, { limit, open }),
    update: (idOrKey, update) => sending.updateSend(ctx, idOrKey, update),
    close: () => ctx.close(),
  };
}
