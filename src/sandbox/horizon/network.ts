import type { Clock } from '../../kernel/clock.ts';
import type { SandboxLedger } from '../ledger/ports.ts';
import type { History } from './history/history.ts';
import { isoSeconds } from './history/time.ts';

/** What Horizon sees of the network behind it. */
export interface Network {
  readonly ledger: SandboxLedger;
  readonly history: History;
  readonly clock: Clock;
  /** counts the resets: after one, nothing from before means anything */
  readonly generation: number;
  /** Called after each ledger is closed and in history, and after a reset. Returns the way out. */
  onLedger(listener: () => void): () => void;
}

/** The close time of a ledger as Horizon prints it, undefined for one that is not kept. */
export function closedAtIn(network: Network): (sequence: number) => string | undefined {
  return (sequence) => {
    const row = network.history.ledger(sequence);
    return row === undefined ? undefined : isoSeconds(row.header.closeTime);
  };
}
