import type { Principal } from '../../kernel/principal.ts';
import { type AnchorContext, type Kind, publishHowToPay } from '../../transfers/index.ts';
import { parameterInvalid } from '../shared/faults.ts';
import type { FindRequest } from '../shared/params.ts';
import { findRecord, listRecords } from '../shared/records.ts';
import type { ListRequest } from './schema.ts';
import { PAY, printTransaction, type Sep6Transaction } from './view.ts';

function kindsOf(names: readonly string[]): { kind: Kind; exchange: 0 | 1 }[] {
  return names.map((name) => ({
    kind: name.startsWith('deposit') ? ('deposit' as const) : ('withdrawal' as const),
    exchange: name.endsWith('-exchange') ? (1 as const) : (0 as const),
  }));
}

/** Each form of the token's own account is it. */
const isOwn = (principal: Principal, account: string): boolean =>
  account === principal.account || account === principal.muxed || account === principal.subject;

/** GET /transactions (S6-27, S6-28). @throws ASSET_UNSUPPORTED, PARAMETER_INVALID (400) */
export async function listTransactions(
  ctx: AnchorContext,
  principal: Principal,
  request: ListRequest,
): Promise<Sep6Transaction[]> {
  const { account, kinds, noOlderThan, ...more } = request;
  if (account !== undefined && !isOwn(principal, account)) {
    throw parameterInvalid('account', 'must be the account of the login.');
  }
  const query = {
    ...more,
    ...(kinds === undefined ? {} : { kinds: kindsOf(kinds) }),
    ...(noOlderThan === undefined ? {} : { noOlderThan }),
  };
  return listRecords(ctx, 6, principal, query, printTransaction);
}

const AGAIN_MS = 5_000;
const MOST = 10_000;
const askedAt = new WeakMap<AnchorContext, Map<string, number>>();

/** Whether it is time to ask how a deposit is paid: wallets poll every few seconds, the anchor's own code is asked less often. */
function due(ctx: AnchorContext, id: string): boolean {
  const times = askedAt.get(ctx) ?? new Map<string, number>();
  askedAt.set(ctx, times);
  const now = ctx.clock.now();
  if (now - (times.get(id) ?? Number.NEGATIVE_INFINITY) < AGAIN_MS) return false;
  if (times.size >= MOST) times.clear();
  times.set(id, now);
  return true;
}

/** GET /transaction (S6-29). How a deposit is paid is asked again where it was not known (S6-10). @throws TRANSACTION_NOT_FOUND (404) */
export const findTransaction = (
  ctx: AnchorContext,
  principal: Principal,
  key: FindRequest,
): Promise<Sep6Transaction> =>
  findRecord(ctx, 6, principal, key, async (own, row, asset, refunded) => {
    const unknown = row.kind === 'deposit' && row.status === PAY && row.instructions === null;
    const told = unknown && due(ctx, row.id) ? await publishHowToPay(ctx, row, asset) : row;
    return printTransaction(own, told, asset, refunded);
  });
