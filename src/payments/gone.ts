import type { NetworkTransaction } from '../stellar/port.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { type Flight, startOf } from './flight.ts';
import { fenced } from './lease.ts';

/** What became of the source account of a flight: who used the number, the merge that ended the account, or nobody knows. */
export type Gone =
  | { is: 'used'; by: NetworkTransaction }
  /** no envelope can apply any more: an account that is made anew begins with a higher number */
  | { is: 'merged'; ledger: number; hash: string }
  | { is: 'unknown' };

const PAGE = 200;

/**
 * The source account of a flight does not exist (any more): merged away, by whoever holds its key. Its history up to the merge says whether
 * the number was used before; where it does not show the merge, nothing is proven and the payments stay bound (reliability R4, F21).
 *
 * @throws NETWORK_UNAVAILABLE
 */
export async function whereGone(ctx: AnchorContext, flight: Flight): Promise<Gone> {
  const { account } = flight.source;
  const from = startOf(flight);
  const operations = await all((cursor) => ctx.network.operations(account, cursor, PAGE), from);
  const merged = operations.findLast((one) => one.type === 'account_merge' && one.sourceAccount === account);
  const history = await all((cursor) => ctx.network.transactions(account, cursor, PAGE), from);
  const by = history.find((one) => one.sourceAccount === account && one.sequence === flight.slot.sequence);
  if (by !== undefined) return { is: 'used', by };
  // a history that holds the merge holds whatever came before it
  const { hash, ledger } = merged?.transaction ?? { hash: '', ledger: 0 };
  return history.some((one) => one.hash === hash) ? { is: 'merged', ledger, hash } : { is: 'unknown' };
}

async function all<T extends { pagingToken: string }>(
  read: (cursor: string) => Promise<T[]>,
  from: string,
): Promise<T[]> {
  const found: T[] = [];
  for (let cursor = from; ; ) {
    const page = await read(cursor);
    found.push(...page);
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return found;
    cursor = last.pagingToken;
  }
}

/** Says why payments stay where they are: the operator has to look. */
export async function showGone(ctx: AnchorContext, flight: Flight): Promise<void> {
  const { account, lease } = flight.source;
  ctx.log.error('source_missing', { account, slot: flight.slot.id });
  const waiting_text = `The account ${account}, from which it is sent, does not exist any more, and its history does not say whether it was paid before.`;
  await fenced(ctx, lease, (trx) =>
    trx
      .updateTable('obligations')
      .set({ waiting_code: 'operator', waiting_text })
      .where('slot_id', '=', flight.slot.id)
      .where('state', '=', 'bound')
      .execute(),
  );
}
