import { AnchorError } from '../../kernel/errors.ts';
import type { Operation } from '../../stellar/build.ts';
import type { NetworkAccount } from '../../stellar/port.ts';
import type { AnchorContext } from '../../transfers/context.ts';
import { asksForMemo, MEMO_REQUIRED, signsAlone } from '../memo-required.ts';
import { checkReserve } from './accounts.ts';

/**
 * The operation that makes an account ask for a memo (SEP-29, SO-08), or null: it does already, its key alone may not change it, or its
 * reserve does not carry one more entry. Money without a memo goes to suspense either way, so set-up never fails for it; doctor tells.
 *
 * @param others further entries that the same transaction makes
 */
export async function memoEntry(
  ctx: Pick<AnchorContext, 'network' | 'project'>,
  account: NetworkAccount,
  publicKey: string,
  others: number,
): Promise<Operation | null> {
  if (asksForMemo(account) || !signsAlone(account, publicKey)) return null;
  try {
    await checkReserve(ctx, account, others + 1);
  } catch (error) {
    if (AnchorError.is(error) && error.code === 'RESERVE_TOO_LOW') return null;
    throw error;
  }
  return { type: 'manageData', ...MEMO_REQUIRED };
}
