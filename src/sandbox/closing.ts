import type { SandboxNetwork } from './sandbox-network.ts';

/** Closes a ledger every so many seconds, empty or not, as a network does. */
export class ClosingLoop {
  private readonly network: SandboxNetwork;
  private readonly intervalMs: number;
  private stopping: AbortController | null = null;
  private running: Promise<void> = Promise.resolve();

  constructor(network: SandboxNetwork, seconds: number) {
    this.network = network;
    this.intervalMs = Math.max(1, Math.round(seconds * 1000));
  }

  start(): void {
    if (this.stopping !== null) return;
    this.stopping = new AbortController();
    this.running = this.run(this.stopping.signal);
  }

  async stop(): Promise<void> {
    this.stopping?.abort();
    this.stopping = null;
    await this.running;
  }

  private async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.network;
    let next = clock.now() + this.intervalMs;
    while (!signal.aborted) {
      await clock.sleep(Math.max(0, next - clock.now()), signal);
      if (signal.aborted) return;
      this.network.close();
      // A machine that slept does not make up for the ledgers it missed.
      next = Math.max(next + this.intervalMs, clock.now());
    }
  }
}
