import { AnchorError } from '../kernel/errors.ts';
import { createApp } from '../server/app.ts';
import { listen } from '../server/listen.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { banner, serveDocument } from './banner.ts';
import type { Given } from './command.ts';
import type { Io } from './io.ts';
import { printJson } from './output.ts';
import { openRuntime, type Runtime } from './runtime.ts';
import { needsSetUp, setUp } from './setup.ts';
import type { Stop } from './stop.ts';

export interface ServerOptions {
  port: number | undefined;
  jobs: boolean;
  /** `anchor dev`: sets up what is missing, shows faults of the anchor's own code */
  dev: boolean;
  /** one line in place of the first screen */
  brief?: boolean;
  /** called once requests are answered */
  onReady?: () => void;
}

/** Serves until it is asked to stop; then what is running is finished first. */
export async function runServer(given: Given, io: Io, stop: Stop, options: ServerOptions): Promise<void> {
  const env: Record<string, string> = options.port === undefined ? {} : { PORT: String(options.port) };
  const runtime = options.dev
    ? await openForDev(given, io, env)
    : await openRuntime(given, io, { env, sandbox: true });
  const { ctx, project } = runtime;
  try {
    const { claimThisMachine, keepThisMachine } = await import('../jobs/index.ts');
    await claimThisMachine(ctx);
    const listening = await listen(createApp(ctx, { dev: options.dev }), { port: project.port });
    const jobs = options.jobs ? runAll(ctx, stop) : stop.asked;
    const kept = keepThisMachine(ctx, stop.signal);
    if (given.json) printJson(io, serveDocument(project));
    else io.stderr(options.brief ? `ready at ${project.hostUrl}\n` : banner(io, project, options));
    options.onReady?.();
    try {
      await Promise.race([stop.asked, jobs]);
    } finally {
      stop.now();
      await Promise.all([listening.close(), jobs, kept]);
    }
  } finally {
    await runtime.close();
  }
}

async function runAll(ctx: AnchorContext, stop: Stop): Promise<void> {
  const { runAllLoop } = await import('../jobs/index.ts');
  await runAllLoop(ctx, { signal: stop.signal });
}

/** In `anchor dev` a project that was never set up sets itself up. */
async function openForDev(given: Given, io: Io, env: Record<string, string>): Promise<Runtime> {
  const options = { env, sandbox: true, schema: false };
  const say = (text: string) => io.stderr(`- ${text}\n`);
  const first = await openRuntime(given, io, options).catch(async (error: unknown) => {
    if (!AnchorError.is(error) || error.code !== 'ENCRYPTION_KEY_MISSING') throw error;
    await setUp(given, { ...io, env: { ...io.env, ...env } }, say);
    return openRuntime(given, io, options);
  });
  try {
    if (first.project.network.name === 'public') throw devOnPublic();
    if (!(await needsSetUp(first.ctx))) return first;
  } catch (error) {
    await first.close();
    throw error;
  }
  await first.close();
  await setUp(given, { ...io, env: { ...io.env, ...env } }, say);
  return openRuntime(given, io, { env, sandbox: true });
}

function devOnPublic(): AnchorError {
  return new AnchorError({
    code: 'DEV_ON_PUBLIC',
    message:
      '`anchor dev` shows the faults of your code to everyone and restarts at will: it is not for the public network.',
    hint: 'Use: anchor serve --with-jobs',
  });
}
