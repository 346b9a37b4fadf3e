import type { Queries } from '../database/port.ts';
import { getCursor, setCursor } from '../database/repositories/cursors.ts';
import { isoTime } from '../kernel/clock.ts';
import { AnchorError } from '../kernel/errors.ts';
import type { NetworkLedger } from '../stellar/port.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { freezeForHistory, liftHistoryFreeze } from '../transfers/freeze.ts';

/**
 * A ledger up to which an account's history is read, with the time it closed: the witness by which a reset network, another one of the
 * same name, or a server that has forgotten what was not read yet, is told (reliability R8, F7, F9).
 */
interface Witness {
  ledger: number;
  /** Unix seconds */
  closeTime: number;
}

/** Ledgers that a server may be behind another one. */
const LAG_LEDGERS = 60;
/** How often a quiet account's witness is renewed, so that a server need not keep all ledgers since its last payment. */
const RENEW_LEDGERS = 720;
const CHECK_MS = 60_000;

const nameOf = (account: string): string => `history:${account}`;

/** When this process last found an account's history in order, by its context. */
const checked = new WeakMap<AnchorContext, Map<string, number>>();

/**
 * Makes sure, once a minute, that the network is the one that was read before and remembers all that was not read yet. Otherwise all
 * payments stop, until it is so again.
 *
 * @throws NETWORK_RESET, HISTORY_SHORT, NETWORK_UNAVAILABLE
 */
export async function checkHistory(ctx: AnchorContext, account: string): Promise<void> {
  const times = checked.get(ctx) ?? new Map<string, number>();
  checked.set(ctx, times);
  const last = times.get(account);
  if (last !== undefined && ctx.clock.now() - last < CHECK_MS) return;
  const witness = await readWitness(ctx, account);
  const fault = witness === null ? null : await faultOf(ctx, account, witness);
  if (fault !== null) {
    times.delete(account);
    await freezeForHistory(ctx, ctx.db.read, { account, ...fault });
    throw new AnchorError({
      code: fault.cause === 'network_reset' ? 'NETWORK_RESET' : 'HISTORY_SHORT',
      message: fault.text,
      hint: HINTS[fault.cause],
    });
  }
  await liftHistoryFreeze(ctx, account);
  times.set(account, ctx.clock.now());
}

type Fault = { cause: 'network_reset' | 'history_short'; text: string };

const HINTS: Record<Fault['cause'], string> = {
  network_reset:
    'Nothing is paid until this is settled. Put HORIZON_URI right; after a reset of testnet, begin with a new database (DATABASE_URL) and anchor setup.',
  history_short:
    'Nothing is paid until this is settled. Set HORIZON_URI to a server that keeps the whole history: reading goes on where it stopped, and payments with it.',
};

/** Null where all is in order, or where the server is merely behind: then it has nothing new to tell either. */
async function faultOf(ctx: AnchorContext, account: string, witness: Witness): Promise<Fault | null> {
  const known = await ledgerOrForgotten(ctx, witness.ledger);
  if (known === 'forgotten') {
    const text = `The Horizon server has forgotten ledger ${witness.ledger}, up to which payments to ${account} were read: payments after it may be missing.`;
    return { cause: 'history_short', text };
  }
  if (known !== null) {
    if (known.closeTime === witness.closeTime) return null;
    return reset(
      `ledger ${witness.ledger} closed at ${time(known)} there, and at ${time(witness)} in our book`,
    );
  }
  const latest = await ctx.network.latestLedger();
  if (latest.sequence + LAG_LEDGERS < witness.ledger) {
    return reset(`it is at ledger ${latest.sequence}, and payments were read up to ledger ${witness.ledger}`);
  }
  return null;
}

async function ledgerOrForgotten(
  ctx: AnchorContext,
  ledger: number,
): Promise<NetworkLedger | null | 'forgotten'> {
  try {
    return await ctx.network.ledgerAt(ledger);
  } catch (error) {
    if (AnchorError.is(error) && error.code === 'LEDGER_FORGOTTEN') return 'forgotten';
    throw error;
  }
}

const time = ({ closeTime }: Pick<NetworkLedger, 'closeTime'>): string => isoTime(closeTime * 1000);

const reset = (what: string): Fault => ({
  cause: 'network_reset',
  text: `This is not the network that payments were read from: ${what}.`,
});

/** After a fault of the network it is looked at anew: it may have come back as another one. */
export function doubtHistory(ctx: AnchorContext, account: string): void {
  checked.get(ctx)?.delete(account);
}

async function readWitness(ctx: AnchorContext, account: string): Promise<Witness | null> {
  const noted = await getCursor(ctx.db.read, nameOf(account));
  if (noted !== null) {
    const [ledger, closeTime] = noted.split(':').map(Number);
    if (ledger !== undefined && closeTime !== undefined) return { ledger, closeTime };
  }
  // what was read before there were witnesses
  const row = await ctx.db.read
    .selectFrom('incoming_payments')
    .select(['ledger', 'paid_at'])
    .where('account', '=', account)
    .orderBy('ledger', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? null : { ledger: row.ledger, closeTime: seconds(row.paid_at) };
}

const seconds = (iso: string): number => Math.floor(Date.parse(iso) / 1000);

/** Call it in the database transaction that moves the cursor to an operation of this ledger. */
export async function noteWitness(
  ctx: AnchorContext,
  trx: Queries,
  account: string,
  operation: { ledger: number; createdAt: string },
): Promise<void> {
  const value = `${operation.ledger}:${seconds(operation.createdAt)}`;
  await setCursor(trx, nameOf(account), value, isoTime(ctx.clock.now()));
}

/**
 * Everything there is was read: a quiet account's witness may move on, to a ledger that also a server that lags has by now. The cursor
 * itself never moves without an operation.
 */
export async function renewWitness(ctx: AnchorContext, account: string): Promise<void> {
  const witness = await readWitness(ctx, account);
  const renewed = witness !== null && (checkedTips.get(ctx)?.get(account) ?? 0) > ctx.clock.now() - RENEW_MS;
  if (renewed) return;
  const latest = await ctx.network.latestLedger();
  const tips = checkedTips.get(ctx) ?? new Map<string, number>();
  checkedTips.set(ctx, tips.set(account, ctx.clock.now()));
  const ledger = latest.sequence - LAG_LEDGERS;
  if (ledger < 1 || (witness !== null && ledger < witness.ledger + RENEW_LEDGERS)) return;
  const known = await ctx.network.ledgerAt(ledger);
  if (known === null) return;
  const value = `${ledger}:${known.closeTime}`;
  await setCursor(ctx.db.read, nameOf(account), value, isoTime(ctx.clock.now()));
}

const RENEW_MS = 600_000;
/** When the newest ledger was last looked at for this. */
const checkedTips = new WeakMap<AnchorContext, Map<string, number>>();
