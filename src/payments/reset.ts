import { getFact, setFact } from '../database/repositories/facts.ts';
import { isoTime } from '../kernel/clock.ts';
import type { NetworkLedger } from '../stellar/port.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { freezeForHistory } from '../transfers/freeze.ts';
import { fenced, type Lease } from './lease.ts';
import { policy } from './policy.ts';

const FACT = 'ledger:highest';

interface Highest {
  sequence: number;
  /** Unix seconds */
  closeTime: number;
}

/**
 * Whether the network is the one that was seen before. Ledger numbers never fall: a server that lags shows a ledger that closed earlier,
 * a network that was reset shows a lower number that closed later (fault F9). Then all payments stop, and it is said why; of a server
 * that lags far behind nothing is taken.
 *
 * @throws LEASE_LOST
 */
export async function isSameNetwork(
  ctx: AnchorContext,
  lease: Lease,
  ledger: NetworkLedger,
): Promise<boolean> {
  const text = await getFact(ctx.db.read, FACT);
  const highest = text === undefined ? null : (JSON.parse(text) as Highest);
  if (highest === null || ledger.sequence > highest.sequence + policy.lagLedgers) {
    const value: Highest = { sequence: ledger.sequence, closeTime: ledger.closeTime };
    const at = isoTime(ctx.clock.now());
    await fenced(ctx, lease, (trx) => setFact(trx, FACT, JSON.stringify(value), at));
    return true;
  }
  if (ledger.sequence + policy.lagLedgers >= highest.sequence) return true;
  const lags = ledger.closeTime <= highest.closeTime;
  ctx.log.error(lags ? 'server_lags' : 'network_reset', {
    ledger: ledger.sequence,
    seen: highest.sequence,
  });
  if (lags) return false;
  const account = lease.name.replace(/^source:/, '');
  await fenced(ctx, lease, (trx) =>
    freezeForHistory(ctx, trx, {
      account,
      cause: 'network_reset',
      text: `The network is at ledger ${ledger.sequence}, and was at ${highest.sequence} before: it was reset, or HORIZON_URI leads to another one.`,
    }),
  );
  return false;
}
