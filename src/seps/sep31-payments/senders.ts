import * as v from 'valibot';
import { SEP31_PRESET } from '../../config/project.ts';
import type { Principal } from '../../kernel/principal.ts';
import { type AnchorContext, callHook } from '../../transfers/index.ts';
import { senderRefused } from './errors.ts';

/**
 * Sending anchors are partners under contract (S31-02): those of anchor.toml and those that `integrations.sep31.sender` knows. With
 * neither, nobody but on the sandbox may.
 *
 * @throws SENDER_REFUSED (403), HOOK_FAILED, HOOK_ANSWER_INVALID
 */
export async function checkSender(ctx: AnchorContext, principal: Principal): Promise<void> {
  const { senders } = ctx.project.sep31 ?? SEP31_PRESET;
  if (senders.includes(principal.account)) return;
  const sender = ctx.project.integrations.sep31?.sender;
  if (sender === undefined) {
    if (ctx.project.network.name === 'sandbox' && senders.length === 0) return;
    throw senderRefused();
  }
  const { account, memo, clientDomain } = principal;
  const known = await callHook(
    ctx,
    'sep31.sender',
    (hook) => sender({ account, memo, clientDomain }, hook),
    v.boolean(),
  );
  if (!known) throw senderRefused();
}
