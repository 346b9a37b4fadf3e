import { finishRun, startRun } from '../database/repositories/job-runs.ts';
import { isoTime } from '../kernel/clock.ts';
import { AnchorError, messageOf } from '../kernel/errors.ts';
import { limits } from '../kernel/limits.ts';
import { scrub } from '../kernel/log.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { claimMachine } from '../transfers/machine.ts';
import type { PassResult, Worker } from '../transfers/pass.ts';
import { findJob, JOBS, type Job } from './jobs.ts';
import { loopNotes, type Notes } from './notes.ts';
import { thisWorker } from './worker.ts';

export interface RunOptions {
  signal: AbortSignal;
  /** a pass returns after this, whatever is still in flight; default 60 */
  timeoutSeconds?: number | undefined;
  /** default: the system's own process */
  worker?: Worker | undefined;
}

export interface LoopOptions extends RunOptions {
  /** pause between two passes; default the job's own or the project's job_interval */
  intervalSeconds?: number | undefined;
  /** told after each pass, e.g. to print it */
  onPass?: (report: PassReport) => void;
}

export type PassReport = { job: string } & PassResult & { error?: AnchorError | Error };

const LOOP_PASS_MS = 30_000;
const BACKOFF_MAX_MS = 60_000;

/** @throws JOB_UNKNOWN (exit 2) */
export function jobOf(id: string): Job {
  const job = findJob(id);
  if (job !== undefined) return job;
  throw new AnchorError({
    code: 'JOB_UNKNOWN',
    message: `There is no job ${id}.`,
    hint: `The jobs are: ${JOBS.map((one) => one.id).join(', ')}, or all.`,
    exitStatus: 2,
  });
}

/**
 * One pass. Returns when every envelope that it sent is settled, or after the timeout.
 *
 * @throws JOB_UNKNOWN, SQLITE_ON_TWO_MACHINES, and whatever the pass throws
 */
export async function runJobOnce(ctx: AnchorContext, id: string, options: RunOptions): Promise<PassReport> {
  const job = jobOf(id);
  const seconds = options.timeoutSeconds ?? limits.oneShotTimeoutSeconds;
  const worker = options.worker ?? thisWorker(ctx.ids);
  await claimMachine(ctx, worker);
  const note = await startRun(ctx.db.read, {
    job: job.id,
    at: isoTime(ctx.clock.now()),
    intervalSeconds: null,
  });
  const finish = (error: string | null, processed: number): Promise<void> =>
    finishRun(ctx.db.read, note, { at: isoTime(ctx.clock.now()), error, processed });
  try {
    const deadlineMs = ctx.clock.now() + seconds * 1000;
    const result = await job.run(ctx, { signal: options.signal, deadlineMs, worker });
    await finish(null, result.processed);
    return { job: job.id, ...result };
  } catch (error) {
    await finish(scrub(messageOf(error)).slice(0, 500), 0).catch(() => undefined);
    throw error;
  }
}

/**
 * Passes until the signal aborts. A pass that throws is logged, written down and followed by a longer pause with jitter; it never ends
 * the loop. Resolves after the pass under way has ended.
 *
 * @throws SQLITE_ON_TWO_MACHINES at its start
 */
export async function runJobLoop(ctx: AnchorContext, id: string, options: LoopOptions): Promise<void> {
  const job = jobOf(id);
  const worker = options.worker ?? thisWorker(ctx.ids);
  const seconds = options.intervalSeconds ?? job.intervalSeconds ?? ctx.project.jobIntervalSeconds;
  await claimMachine(ctx, worker);
  const notes = loopNotes(ctx, job.id, seconds);
  let failures = 0;
  while (!options.signal.aborted) {
    const report = await onePass(ctx, job, { ...options, worker }, notes);
    if (report.error === undefined) failures = 0;
    else failures += 1;
    options.onPass?.(report);
    await ctx.clock.sleep(pauseMs(ctx, seconds * 1000, failures), options.signal);
  }
  await notes.stop();
}

/** Every job in its own loop; resolves when all have stopped. */
export async function runAllLoop(ctx: AnchorContext, options: LoopOptions): Promise<void> {
  const worker = options.worker ?? thisWorker(ctx.ids);
  await claimMachine(ctx, worker);
  await Promise.all(JOBS.map((job) => runJobLoop(ctx, job.id, { ...options, worker })));
}

/** One pass of every job, one after the other; the first fault is thrown after all have run. */
export async function runAllOnce(ctx: AnchorContext, options: RunOptions): Promise<PassReport[]> {
  const reports: PassReport[] = [];
  for (const job of JOBS) {
    if (options.signal.aborted) break;
    try {
      reports.push(await runJobOnce(ctx, job.id, options));
    } catch (error) {
      ctx.log.error('job_failed', { job: job.id, error: messageOf(error) });
      const fault =
        error instanceof Error ? error : new AnchorError({ code: 'JOB_FAILED', message: String(error) });
      reports.push({ job: job.id, processed: 0, waiting: 0, failed: 1, error: fault });
    }
  }
  return reports;
}

/** The usual pause, doubled with each failure in a row, with a quarter of jitter then. */
function pauseMs(ctx: AnchorContext, usual: number, failures: number): number {
  if (failures === 0) return usual;
  const base = Math.min(BACKOFF_MAX_MS, Math.max(usual, 1_000) * 2 ** Math.min(failures - 1, 10));
  const jitter = (ctx.ids.bytes(1)[0] ?? 0) / 255;
  return Math.round(base * (0.75 + jitter / 2));
}

async function onePass(
  ctx: AnchorContext,
  job: Job,
  options: RunOptions & { worker: Worker },
  notes: Notes,
): Promise<PassReport> {
  const { signal, worker } = options;
  const passMs = options.timeoutSeconds === undefined ? LOOP_PASS_MS : options.timeoutSeconds * 1000;
  const pass = await notes.begin();
  try {
    await claimMachine(ctx, worker);
    const deadlineMs = ctx.clock.now() + passMs;
    const result = await job.run(ctx, { signal, deadlineMs, worker });
    await pass.end(null, result.processed);
    return { job: job.id, ...result };
  } catch (error) {
    const message = scrub(messageOf(error));
    const fault = error instanceof Error ? error : new AnchorError({ code: 'JOB_FAILED', message });
    const code = AnchorError.is(error) ? error.code : undefined;
    if (!signal.aborted) ctx.log.error('job_failed', { job: job.id, code, error: message });
    await pass.end(message.slice(0, 500), 0);
    return { job: job.id, processed: 0, waiting: 0, failed: 1, error: fault };
  }
}
