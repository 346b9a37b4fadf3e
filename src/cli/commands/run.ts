import type { PassReport } from '../../jobs/index.ts';
import { AnchorError } from '../../kernel/errors.ts';
import { limits } from '../../kernel/limits.ts';
import { scrub } from '../../kernel/log.ts';
import { JOB_IDS } from '../catalog.ts';
import type { Command } from '../command.ts';
import { paint } from '../io.ts';
import { printJson, usageError } from '../output.ts';
import { withRuntime } from '../runtime.ts';
import { onStop } from '../stop.ts';
import { flagOption, numberOption } from '../values.ts';

const ALL = 'all';

const command: Command = async (given, io) => {
  const job = checkedJob(given.args[0] ?? '');
  const loop = flagOption(given, 'loop');
  const intervalSeconds = numberOption(given, 'interval', { min: 0.05, max: 86_400 });
  const timeoutSeconds = numberOption(given, 'timeout', { min: 0.1, max: 86_400 });
  const stop = onStop(io);
  try {
    return await withRuntime(given, io, { sandbox: true }, async ({ ctx, project, log }) => {
      const jobs = await import('../../jobs/index.ts');
      const options = { signal: stop.signal, timeoutSeconds };
      if (!loop) {
        if (io.interactive) io.stderr(`${job}: one pass ...\n`);
        const started = ctx.clock.now();
        const report =
          job === ALL ? total(await jobs.runAllOnce(ctx, options)) : await jobs.runJobOnce(ctx, job, options);
        if (given.json) printJson(io, plain(report));
        else io.stdout(`${sentence(report)}\n`);
        const seconds = timeoutSeconds ?? limits.oneShotTimeoutSeconds;
        const late = job !== ALL && ctx.clock.now() - started >= seconds * 1000;
        if (late)
          io.stderr(`gave up waiting after ${seconds} s; what is under way is settled by the next pass\n`);
        return stop.status(report.failed > 0 || late ? 1 : 0);
      }
      const onPass = (report: PassReport) => {
        if (given.json) printJson(io, plain(report));
        else if (report.processed > 0) io.stderr(`${sentence(report)}\n`);
      };
      log.info('job_loop_started', { job, network: project.network.name });
      if (!given.json && io.interactive)
        io.stderr(`${paint(io, 'bold', job)} runs in a loop; Ctrl-C stops it\n`);
      const looping = { ...options, intervalSeconds, onPass };
      await (job === ALL ? jobs.runAllLoop(ctx, looping) : jobs.runJobLoop(ctx, job, looping));
      return stop.status(0);
    });
  } finally {
    stop.dispose();
  }
};

/** Decided before any project is looked for. */
function checkedJob(name: string): string {
  if (name === ALL || JOB_IDS.some((id) => id === name)) return name;
  throw usageError('JOB_UNKNOWN', `There is no job ${name}.`, `The jobs are: ${JOB_IDS.join(', ')}, or all.`);
}

function total(reports: PassReport[]): PassReport {
  const sum = { job: ALL, processed: 0, waiting: 0, failed: 0 };
  for (const report of reports) {
    sum.processed += report.processed;
    sum.waiting += report.waiting;
    sum.failed += report.failed;
  }
  return sum;
}

/** As `--json` prints a pass. */
function plain({ job, processed, waiting, failed, error }: PassReport) {
  const fault =
    error === undefined
      ? {}
      : { error: { code: AnchorError.is(error) ? error.code : 'UNEXPECTED', message: scrub(error.message) } };
  return { job, processed, waiting, failed, ...fault };
}

const sentence = ({ job, processed, waiting, failed }: PassReport): string =>
  `${job}: ${processed} processed, ${waiting} waiting, ${failed} failed`;

export default command;
