import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Given } from './command.ts';
import { type Io, paint } from './io.ts';
import { packageRoot } from './package-root.ts';
import { onStop } from './stop.ts';
import { watchProject } from './watch.ts';

const CHILD = 'ANCHOR_DEV_CHILD';
/** values of the above: the first start, and every later one */
const FIRST = 'first';
const AGAIN = 'again';
/** how long an old version may take to finish before it is ended */
const GRACE_MS = 5_000;

export const isDevChild = (env: Record<string, string | undefined>): boolean => (env[CHILD] ?? '') !== '';

/** Whether this start is a repetition, which needs no introduction. */
export const isRestart = (env: Record<string, string | undefined>): boolean => env[CHILD] === AGAIN;

/**
 * Runs the anchor in a child process and starts it anew whenever a file of the project changes. A version that does not start
 * prints its error and waits for the next change. What the sandbox and the database hold stays.
 */
export async function superviseDev(root: string, given: Given, io: Io): Promise<number> {
  const stop = onStop(io);
  let child: ChildProcess | null = null;
  let running: Promise<void> = Promise.resolve();
  let again: Promise<void> = Promise.resolve();
  let introduced = false;
  const start = () => {
    child = launch(given, io, introduced ? AGAIN : FIRST);
    running = ended(child).then((good) => {
      child = null;
      if (!stop.signal.aborted && !good)
        io.stderr(paint(io, 'yellow', 'waiting for a change of the project\n'));
    });
    child.once('message', () => {
      introduced = true;
      watcher.settle();
    });
  };
  const end = async () => {
    const old = child;
    if (old === null) return;
    if (old.connected) old.send('stop', () => {});
    const force = setTimeout(() => old.kill('SIGKILL'), GRACE_MS);
    await running;
    clearTimeout(force);
  };
  const watcher = watchProject(root, (file) => {
    again = again.then(async () => {
      if (stop.signal.aborted) return;
      io.stderr(`${paint(io, 'dim', `${file} changed: starting again`)}\n`);
      await end();
      if (!stop.signal.aborted) start();
    });
  });
  start();
  await stop.asked;
  watcher.close();
  await end();
  await again;
  stop.dispose();
  return stop.status(0);
}

function launch(given: Given, io: Io, start: string): ChildProcess {
  const port = given.options.port;
  const args = [
    'dev',
    ...(typeof port === 'string' ? ['--port', port] : []),
    ...(given.config === undefined ? [] : ['--config', given.config]),
    ...(given.json ? ['--json'] : []),
  ];
  return spawn(
    process.execPath,
    [...process.execArgv, join(packageRoot().root, 'bin', 'anchor.js'), ...args],
    {
      cwd: io.cwd,
      env: { ...io.env, [CHILD]: start },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    },
  );
}

/** True when it was asked to stop and did. */
async function ended(child: ChildProcess): Promise<boolean> {
  const [code] = (await once(child, 'exit')) as [number | null];
  return code === 0;
}
