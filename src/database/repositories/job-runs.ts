import type { Selectable } from 'kysely';
import type { Queries } from '../port.ts';
import type { JobRunsTable } from '../schema.ts';

export type JobRun = Selectable<JobRunsTable>;

/** Notes that a pass of a job begins. `intervalSeconds` is null for a single pass. @returns the id for `finishRun` */
export async function startRun(
  db: Queries,
  run: { job: string; at: string; intervalSeconds: number | null },
): Promise<number> {
  const row = await db
    .insertInto('job_runs')
    .values({
      job: run.job,
      started_at: run.at,
      finished_at: null,
      ok: null,
      error: null,
      loop: run.intervalSeconds === null ? 0 : 1,
      interval_seconds: run.intervalSeconds === null ? null : Math.max(1, Math.ceil(run.intervalSeconds)),
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return row.id;
}

/** `error` is null for a pass that did its work; it must hold no secret. */
export async function finishRun(
  db: Queries,
  id: number,
  outcome: { at: string; error: string | null; processed: number },
): Promise<void> {
  await db
    .updateTable('job_runs')
    .set({
      finished_at: outcome.at,
      ok: outcome.error === null ? 1 : 0,
      error: outcome.error,
      processed: outcome.processed,
    })
    .where('id', '=', id)
    .where('finished_at', 'is', null)
    .execute();
}

/** The newest runs of a job, newest first. */
export function latestRuns(db: Queries, job: string, limit = 1): Promise<JobRun[]> {
  return db
    .selectFrom('job_runs')
    .selectAll()
    .where('job', '=', job)
    .orderBy('started_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
}

/** Removes runs that ended before `before` (ISO 8601). */
export async function forgetRuns(db: Queries, before: string): Promise<void> {
  await db.deleteFrom('job_runs').where('finished_at', '<', before).execute();
}
