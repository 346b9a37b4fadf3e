import type { Selectable } from 'kysely';
import type { JobRunsTable } from '../database/schema.ts';
import type { AnchorContext } from './context.ts';

/** A run that has begun and not ended counts as alive this long; passes are shorter. */
const PASS_MS = 150_000;
const SLACK_MS = 15_000;

export interface JobHealth {
  running: boolean;
  /** when it was last seen, or null for never */
  lastSeen: string | null;
  /** outcome of the last finished run */
  error: string | null;
}

const NEVER: JobHealth = { running: false, lastSeen: null, error: null };

/** Whether a loop of that job is alive, by its rows in job_runs. */
export async function jobHealth(ctx: Pick<AnchorContext, 'db' | 'clock'>, job: string): Promise<JobHealth> {
  const rows = await ctx.db.read
    .selectFrom('job_runs')
    .selectAll()
    .where('job', '=', job)
    .orderBy('started_at', 'desc')
    .limit(5)
    .execute();
  const [last] = rows;
  if (last === undefined) return NEVER;
  const running = rows.some((row) => isAlive(row, ctx.clock.now()));
  return { running, lastSeen: last.finished_at ?? last.started_at, error: last.error };
}

function isAlive(row: Selectable<JobRunsTable>, now: number): boolean {
  if (row.finished_at === null) return now - Date.parse(row.started_at) < PASS_MS;
  if (!row.loop) return false;
  const pause = (row.interval_seconds ?? 10) * 1000;
  return now - Date.parse(row.finished_at) < 3 * pause + SLACK_MS;
}
