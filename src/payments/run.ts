import type { NetworkAccount, StellarNetwork } from '../stellar/port.ts';
import type { PassOptions } from '../transfers/pass.ts';
import type { Flight } from './flight.ts';
import type { Lease } from './lease.ts';
import type { Source } from './pool.ts';
import type { Cost } from './sort.ts';

/** One pass over the payments of one distribution account, by whoever holds its lease. */
export interface Run {
  payer: string;
  lease: Lease;
  /** leases of channels: renewed and given back together with the payer's */
  leases: Lease[];
  /** channels that are held and have nothing in flight */
  idle: Source[];
  /** by source account */
  flights: Map<string, Flight>;
  options: PassOptions;
  /** the distribution account as it was read last; null: to be read */
  account: { value: NetworkAccount; at: number } | null;
  /** what is on its way, and what has arrived since the account was read */
  costs: Map<string, Cost>;
  /** history of the distribution account is read up to here */
  cursor: string | null;
}

const opened = new WeakMap<StellarNetwork, Map<string, number>>();

/**
 * Transactions opened since one with a memo went, by distribution account: outlives the pass, so that short passes are fair as well. Of one
 * anchor in this process: another one beside it has its own.
 */
export function sinceMemo(network: StellarNetwork): Map<string, number> {
  const known = opened.get(network) ?? new Map<string, number>();
  opened.set(network, known);
  return known;
}
