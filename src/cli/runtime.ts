import { loadProject } from '../config/index.ts';
import type { Project } from '../config/project.ts';
import { AnchorError } from '../kernel/errors.ts';
import type { Log } from '../kernel/log.ts';
import { createContext, type OpenContext } from '../server/context.ts';
import type { Given } from './command.ts';
import type { Io } from './io.ts';
import { createLog } from './log.ts';
import { rootOf } from './runtime-root.ts';
import { hostSandbox, type SandboxHost, useRunningSandbox } from './sandbox-host.ts';
import { checkNetwork, checkSchema } from './schema-check.ts';

export interface RuntimeOptions {
  /** overrides of the environment, e.g. PORT from --port */
  env?: Record<string, string>;
  /** load integrations.ts and the forms; default true */
  integrations?: boolean;
  /** host the sandbox when nobody else does; default false: it is used if it is there */
  sandbox?: boolean;
  /** missing tables are an error; default true */
  schema?: boolean;
  logLevel?: string;
}

export interface Runtime {
  project: Project;
  ctx: OpenContext;
  log: Log;
  close(): Promise<void>;
}

export { rootOf } from './runtime-root.ts';

/**
 * Opens what commands work with: the validated project, the sandbox where it is ours to host, database and network.
 *
 * @throws PROJECT_NOT_FOUND, CONFIG_INVALID, DATABASE_*, SCHEMA_OUTDATED, ENCRYPTION_KEY_MISSING, SANDBOX_PORT_TAKEN
 */
export async function openRuntime(given: Given, io: Io, options: RuntimeOptions = {}): Promise<Runtime> {
  const root = rootOf(given, io);
  const env = { ...io.env, ...options.env };
  const log = createLog(io, options.logLevel === undefined ? {} : { level: options.logLevel });
  const project = await loadProject({
    dir: root,
    env: { ...env, ...(await useRunningSandbox(root, env)) },
    integrations: options.integrations !== false,
  });
  let host: SandboxHost | null = null;
  let ctx: OpenContext | null = null;
  try {
    if (options.sandbox) host = await hostSandbox(project, log);
    ctx = await createContext(project, { log });
    if (options.schema !== false) {
      await checkSchema(ctx);
      await checkNetwork(ctx);
    }
  } catch (error) {
    await ctx?.close();
    await host?.close();
    throw error;
  }
  const opened = ctx;
  return {
    project,
    ctx: opened,
    log,
    async close() {
      await opened.close();
      await host?.close();
    },
  };
}

/** Runs `work` with an open runtime and closes it whatever happens. */
export async function withRuntime<T>(
  given: Given,
  io: Io,
  options: RuntimeOptions,
  work: (runtime: Runtime) => Promise<T>,
): Promise<T> {
  const runtime = await openRuntime(given, io, options);
  try {
    return await work(runtime);
  } catch (error) {
    throw explainNetwork(error, runtime.project);
  } finally {
    await runtime.close();
  }
}

/** "Cannot be reached" alone does not help: on the sandbox the reason is nearly always that nobody hosts it. */
function explainNetwork(error: unknown, project: Project): unknown {
  if (!AnchorError.is(error) || error.code !== 'NETWORK_UNAVAILABLE') return error;
  const { name, horizonUrl } = project.network;
  const hint =
    name === 'sandbox'
      ? 'Start the sandbox: anchor serve (or anchor dev) in another terminal.'
      : 'Check the connection and HORIZON_URI. Nothing is lost: anchor setup goes on where it stopped.';
  return new AnchorError({
    code: error.code,
    message: `${error.message} (${horizonUrl})`,
    hint,
    exitStatus: error.exitStatus,
    httpStatus: error.httpStatus,
    cause: error.cause,
  });
}
