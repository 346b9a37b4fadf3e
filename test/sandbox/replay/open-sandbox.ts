import { createSandbox, type QueueLimits } from '../../../src/sandbox/index.ts';
import { readManifest } from './fixtures.ts';
import { CORE_19_QUEUE } from './left-out.ts';
import { ManualClock } from './manual-clock.ts';

/** How long Horizon holds a transaction with a gap in its sequence, in milliseconds. */
const HOLD_MS = 10_000;

/** The sandbox behind its HTTP surface: Horizon at `/`, controls at `/sandbox/*`. Ledgers close on demand only. */
export interface HttpSandbox {
  fetch(request: Request): Promise<Response>;
  /** hashes of what waits in the queue */
  pending(): string[];
  /** how many transactions Horizon holds back because of a gap */
  held(): number;
  /** Lets the time pass for which it holds them. */
  giveUpHolding(): void;
  close(): Promise<void>;
}

/** A network as the recorded one was set up; `queue`: other rules of the queue than those of the recorded core. */
export function openSandbox(queue: QueueLimits = CORE_19_QUEUE): HttpSandbox {
  const manifest = readManifest();
  const clock = new ManualClock();
  const sandbox = createSandbox({
    passphrase: manifest.network_passphrase,
    protocolVersion: manifest.protocol_version,
    baseFee: manifest.base_fee_in_stroops,
    baseReserve: manifest.base_reserve_in_stroops,
    operationsPerLedger: manifest.max_tx_set_size,
    queue,
    close: 'manual',
    sequenceHoldMs: HOLD_MS,
    submitTimeoutMs: 10 * HOLD_MS,
    clock,
  });
  return {
    fetch: (request) => sandbox.fetch(request),
    pending: () => sandbox.ledger.pending(),
    held: () => clock.sleeping(HOLD_MS),
    giveUpHolding: () => clock.advance(HOLD_MS),
    close: () => sandbox.close(),
  };
}
