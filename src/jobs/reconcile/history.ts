import { AnchorError } from '../../kernel/errors.ts';
import { isTooLarge, retryAfterOf } from '../../stellar/http.ts';
import { isGarbled } from '../../stellar/json.ts';
import type { NetworkOperation, NetworkTransaction } from '../../stellar/port.ts';
import type { AnchorContext } from '../../transfers/context.ts';

/** One transaction in an account's history with those of its operations that concern the account. */
export interface Entry {
  transaction: NetworkTransaction;
  /** none for one that failed */
  operations: NetworkOperation[];
}

const PAGE = 200;
/** a network that is away is asked so often, with pauses that grow */
const TRIES = 6;
const PAUSE_MS = 1_000;
const PAUSE_MAX_MS = 4_000;
/** one that asks for patience (429) so often, after the time that it names */
const PATIENT_TRIES = 60;
const PATIENT_MAX_MS = 60_000;
/** an answer that makes no sense is asked for once more */
const GARBLED_TRIES = 2;

type Ports = Pick<AnchorContext, 'network' | 'clock' | 'log'>;

/** The paging token after everything of a ledger. */
export const endOfLedger = (ledger: number): string => (((BigInt(ledger) + 1n) << 32n) - 1n).toString();

/** The last paging token that an operation of this transaction can have. */
const endOf = (transaction: NetworkTransaction): bigint => BigInt(transaction.pagingToken) | 0xfffn;

/**
 * Reads again when the network is away or asks to be left alone (429): as long as it asks, else after longer and longer pauses.
 *
 * @throws NETWORK_UNAVAILABLE after the last try, or at once when the signal has aborted
 */
export async function patient<T>(ctx: Ports, signal: AbortSignal, read: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await read();
    } catch (error) {
      const away = AnchorError.is(error) && error.code === 'NETWORK_UNAVAILABLE';
      const asked = retryAfterOf(error);
      const most = isGarbled(error) ? GARBLED_TRIES : asked === null ? TRIES : PATIENT_TRIES;
      if (!away || isTooLarge(error) || attempt >= most || signal.aborted) throw error;
      const pause = asked ?? Math.min(PAUSE_MAX_MS, PAUSE_MS * 2 ** (attempt - 1));
      ctx.log.debug('reconcile_waits', { attempt, pause });
      await ctx.clock.sleep(Math.min(pause, PATIENT_MAX_MS), signal);
    }
  }
}

/** Pages of a collection, halved while an answer is too large. */
function pages<T extends { pagingToken: string }>(
  ctx: Ports,
  signal: AbortSignal,
  start: string,
  read: (cursor: string, limit: number) => Promise<T[]>,
): () => Promise<T[]> {
  let cursor = start;
  let size = PAGE;
  return async () => {
    for (;;) {
      try {
        const page = await patient(ctx, signal, () => read(cursor, size));
        for (const one of page) {
          if (!/^\d{1,19}$/.test(one.pagingToken) || BigInt(one.pagingToken) <= BigInt(cursor)) {
            throw outOfOrder();
          }
          cursor = one.pagingToken;
        }
        size = Math.min(PAGE, size * 2);
        return page;
      } catch (error) {
        if (!isTooLarge(error) || size === 1) throw error;
        size = Math.ceil(size / 2);
      }
    }
  };
}

const outOfOrder = (): AnchorError =>
  new AnchorError({
    code: 'HISTORY_OUT_OF_ORDER',
    message: 'The network answered the history of an account out of order.',
    hint: 'Check HORIZON_URI, and run it again.',
  });

/**
 * An account's transactions after `cursor`, failed ones included, oldest first, each with its operations. Two pages are in memory at a
 * time, however long the history.
 *
 * @throws NETWORK_UNAVAILABLE, HISTORY_OUT_OF_ORDER
 */
export async function* history(
  ctx: Ports,
  account: string,
  cursor: string,
  signal: AbortSignal,
): AsyncGenerator<Entry> {
  const nextTransactions = pages(ctx, signal, cursor, (from, limit) =>
    ctx.network.transactions(account, from, limit),
  );
  const nextOperations = pages(ctx, signal, cursor, (from, limit) =>
    ctx.network.operations(account, from, limit),
  );
  let waiting: NetworkOperation[] = [];
  for (;;) {
    const transactions = await nextTransactions();
    if (transactions.length === 0) return;
    // whatever was read to its end after this page of transactions holds all of their operations
    let complete = false;
    for (const transaction of transactions) {
      const end = endOf(transaction);
      while (!complete && (waiting.length === 0 || BigInt(waiting.at(-1)?.pagingToken ?? 0) <= end)) {
        const page = await nextOperations();
        complete = page.length === 0;
        waiting.push(...page);
      }
      const until = waiting.findIndex((one) => BigInt(one.pagingToken) > end);
      const count = until < 0 ? waiting.length : until;
      const operations = waiting.slice(0, count);
      waiting = waiting.slice(count);
      yield { transaction, operations };
    }
  }
}
