import { readFileSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import type { Project } from '../config/project.ts';
import { systemClock } from '../kernel/clock.ts';
import { AnchorError } from '../kernel/errors.ts';
import type { Log } from '../kernel/log.ts';
import type { ServedSandbox } from '../sandbox/index.ts';

/** Where the process that hosts a project's sandbox says so. */
const READY_FILE = join('data', 'sandbox.json');
const RETRY_MS = 500;
/** how long a sandbox that holds the port may take to answer */
const ANSWER_MS = 5_000;
/** how long a sandbox that ends may hold its state */
const ENDING_MS = 3_000;

export interface SandboxHost {
  close(): Promise<void>;
}

/**
 * A project's sandbox runs at the port of whoever started it first. Where the environment says nothing about ports, a command
 * finds it there.
 *
 * @returns additions to the environment
 */
export async function useRunningSandbox(
  root: string,
  env: Record<string, string | undefined>,
): Promise<Record<string, string>> {
  if (['PORT', 'SANDBOX_PORT', 'HORIZON_URI'].some((name) => (env[name] ?? '') !== '')) return {};
  try {
    const ready = JSON.parse(readFileSync(join(root, READY_FILE), 'utf8')) as {
      port?: unknown;
      pid?: unknown;
    };
    if (typeof ready.port !== 'number' || typeof ready.pid !== 'number') return {};
    process.kill(ready.pid, 0);
    return (await answers(ready.port)) ? { SANDBOX_PORT: String(ready.port) } : {};
  } catch {
    return {};
  }
}

/** Whether Horizon's address is that of a sandbox of this project's own. */
function hostsItself(project: Project): boolean {
  const url = new URL(project.network.horizonUrl);
  const loopback = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  return project.network.name === 'sandbox' && loopback && url.port === String(project.sandboxPort);
}

/**
 * Hosts the sandbox if nobody does, and takes over when its host ends. Answers once the sandbox can be used.
 *
 * @throws SANDBOX_PORT_TAKEN when something else listens there, SANDBOX_STATE_IN_USE, SANDBOX_STATE_UNUSABLE
 */
export async function hostSandbox(project: Project, log: Log): Promise<SandboxHost | null> {
  if (!hostsItself(project)) return null;
  const stop = new AbortController();
  let served = await hostOrFind(project);
  const watch = async () => {
    while (!stop.signal.aborted && served === null) {
      await systemClock.sleep(RETRY_MS, stop.signal);
      if (stop.signal.aborted) return;
      served = await tryToHost(project).catch((error: unknown) => {
        const ending = AnchorError.is(error) && error.code === 'SANDBOX_STATE_IN_USE';
        if (!ending) log.error('sandbox_not_hosted', { error });
        return null;
      });
      if (served !== null) log.info('sandbox_taken_over', { url: served.url });
    }
  };
  const watching = watch();
  return {
    async close() {
      stop.abort();
      await watching;
      await served?.close();
    },
  };
}

/** Null when another process hosts it. A host that is just ending holds the state a little longer than the port. */
async function hostOrFind(project: Project): Promise<ServedSandbox | null> {
  const deadline = systemClock.now() + ENDING_MS;
  for (;;) {
    try {
      const served = await tryToHost(project);
      if (served === null) await checkForeign(project);
      return served;
    } catch (error) {
      const ending = AnchorError.is(error) && error.code === 'SANDBOX_STATE_IN_USE';
      if (!ending || systemClock.now() >= deadline) throw error;
      await systemClock.sleep(RETRY_MS / 2);
    }
  }
}

/** Null when the port belongs to another process. */
async function tryToHost(project: Project): Promise<ServedSandbox | null> {
  const { serveSandbox } = await import('../sandbox/index.ts');
  const { closeMs, seed, state } = project.sandbox;
  try {
    return await serveSandbox({
      port: project.sandboxPort,
      passphrase: project.network.passphrase,
      close: closeMs / 1000,
      seed,
      state: state === 'memory' || isAbsolute(state) ? state : resolve(project.root, state),
      readyFile: join(project.root, READY_FILE),
    });
  } catch (error) {
    if (AnchorError.is(error) && error.code === 'PORT_IN_USE') return null;
    if (AnchorError.is(error) && error.code === 'SANDBOX_STATE_IN_USE') {
      if (await answers(project.sandboxPort)) return null;
      throw stateInUse(project, error);
    }
    throw error;
  }
}

/** What holds the port must be a Stellar network with our passphrase. */
async function checkForeign(project: Project): Promise<void> {
  const found = await passphraseAt(project.sandboxPort);
  if (found === project.network.passphrase) return;
  throw new AnchorError({
    code: 'SANDBOX_PORT_TAKEN',
    message:
      found === null
        ? `Port ${project.sandboxPort}, where the sandbox belongs, is used by something else.`
        : `At port ${project.sandboxPort} there is a sandbox of another network ("${found}").`,
    hint: `Stop it, or choose another port: SANDBOX_PORT=${project.sandboxPort + 10}`,
  });
}

async function passphraseAt(port: number): Promise<string | null> {
  const deadline = systemClock.now() + ANSWER_MS;
  do {
    try {
      const answer = await fetch(`http://localhost:${port}/`, { signal: AbortSignal.timeout(ANSWER_MS) });
      const text = await answer.text();
      // a sandbox that is about to open answers 503
      if (answer.status !== 503) return passphraseIn(text);
    } catch {
      // it may be about to listen, or about to end
    }
    await systemClock.sleep(RETRY_MS / 2);
  } while (systemClock.now() < deadline);
  return null;
}

function passphraseIn(text: string): string | null {
  try {
    const root = JSON.parse(text) as { network_passphrase?: unknown };
    return typeof root.network_passphrase === 'string' ? root.network_passphrase : null;
  } catch {
    return null;
  }
}

async function answers(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://localhost:${port}/`, { signal: AbortSignal.timeout(1_000) })).status < 500;
  } catch {
    return false;
  }
}

function stateInUse(project: Project, cause: unknown): AnchorError {
  return new AnchorError({
    code: 'SANDBOX_STATE_IN_USE',
    message: `Another process runs the sandbox of this project at another port than ${project.sandboxPort}.`,
    hint: `Use the same PORT or SANDBOX_PORT in all terminals; ${READY_FILE} says which it is.`,
    cause,
  });
}
