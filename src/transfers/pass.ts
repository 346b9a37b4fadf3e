/** What one pass of a job did. */
export interface PassResult {
  /** things that moved on */
  processed: number;
  /** things that were looked at and have to wait */
  waiting: number;
  /** things that went wrong; each is in the log */
  failed: number;
}

/** Who runs: for leases and for the history. */
export interface Worker {
  /** unique per running process; begins with the process id */
  owner: string;
  machine: string;
  boot: string;
  /** whether that owner of a lease is known to be gone, e.g. a process of this machine that has ended */
  isGone(lease: { owner: string; machine: string; boot: string }): boolean;
}

export interface PassOptions {
  signal: AbortSignal;
  /** milliseconds on ctx.clock at which the pass has to return, whatever is still in flight */
  deadlineMs: number;
  worker: Worker;
}

export const nothing = (): PassResult => ({ processed: 0, waiting: 0, failed: 0 });

export const sum = (a: PassResult, b: PassResult): PassResult => ({
  processed: a.processed + b.processed,
  waiting: a.waiting + b.waiting,
  failed: a.failed + b.failed,
});
