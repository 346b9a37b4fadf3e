import { finishRun, startRun } from '../database/repositories/job-runs.ts';
import { isoTime } from '../kernel/clock.ts';
import { messageOf } from '../kernel/errors.ts';
import type { AnchorContext } from '../transfers/context.ts';

/** Idle passes of a loop are written down at most this often: enough to show that it is alive. */
const NOTE_MS = 10_000;
/** A pass that takes longer is written down while it runs. */
const SLOW_MS = 5_000;
/** Rows that can still make the loop look alive. */
const KEPT = 50;

/** The written trace of a loop in `job_runs`, by which others know that it is alive. Never throws. */
export interface Notes {
  begin(): Promise<{ end(error: string | null, processed: number): Promise<void> }>;
  /** the loop has ended on purpose: it is not to count as alive any longer */
  stop(): Promise<void>;
}

export function loopNotes(ctx: AnchorContext, job: string, intervalSeconds: number): Notes {
  let last = Number.NEGATIVE_INFINITY;
  const rows: number[] = [];
  const start = async (at: number): Promise<number | null> => {
    try {
      last = ctx.clock.now();
      const id = await startRun(ctx.db.read, { job, at: isoTime(at), intervalSeconds });
      rows.push(id);
      if (rows.length > KEPT) rows.shift();
      return id;
    } catch (error) {
      ctx.log.warn('run_not_noted', { job, error: messageOf(error) });
      return null;
    }
  };
  return {
    async stop() {
      if (rows.length === 0) return;
      const ended = ctx.db.read.updateTable('job_runs').set({ loop: 0 }).where('id', 'in', rows);
      await ended.execute().catch((error: unknown) => {
        ctx.log.warn('run_not_noted', { job, error: messageOf(error) });
      });
    },
    async begin() {
      const at = ctx.clock.now();
      const done = new AbortController();
      let row: Promise<number | null> | null = last < 0 ? start(at) : null;
      await row;
      const slow = ctx.clock.sleep(SLOW_MS, done.signal).then(() => {
        if (!done.signal.aborted) row ??= start(at);
      });
      return {
        async end(error, processed) {
          done.abort();
          await slow;
          const worth = error !== null || processed > 0 || ctx.clock.now() - last >= NOTE_MS;
          if (worth) row ??= start(at);
          const id = await row;
          if (id === null) return;
          const outcome = { at: isoTime(ctx.clock.now()), error, processed };
          await finishRun(ctx.db.read, id, outcome).catch((fault: unknown) => {
            ctx.log.warn('run_not_noted', { job, error: messageOf(fault) });
          });
        },
      };
    },
  };
}
