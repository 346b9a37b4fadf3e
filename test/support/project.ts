import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** The checkout, whose `dist/` the processes run: build first (`npm test` does). */
export const checkout = resolve(import.meta.dirname, '../..');

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  output(): string;
  kill(signal: NodeJS.Signals): Promise<Ended>;
  readonly ended: Promise<Ended>;
}

/** A scaffolded project in a temporary folder, its commands run as real processes. */
export interface TestProject {
  readonly dir: string;
  readonly port: number;
  readonly homeUrl: string;
  readonly horizonUrl: string;
  readonly env: Record<string, string>;
  /** runs `anchor ARGS` to its end */
  anchor(args: string[], options?: { env?: Record<string, string>; input?: string }): Promise<Ended>;
  /** starts `anchor ARGS` and leaves it running */
  start(args: string[], env?: Record<string, string>): Running;
  /** `anchor serve`, ready to answer */
  serve(env?: Record<string, string>): Promise<Running>;
  /** stops what runs and removes the folder */
  remove(): Promise<void>;
}

export interface TestProjectOptions {
  /** flags for create-anchor */
  flags?: string[];
  env?: Record<string, string>;
  /** default true */
  setup?: boolean;
}

function launch(bin: string, args: string[], cwd: string, env: Record<string, string>): Running {
  const child = spawn(process.execPath, [join(checkout, 'bin', `${bin}.js`), ...args], {
    cwd,
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', NO_COLOR: '1', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data) => {
    stdout += data;
  });
  child.stderr.on('data', (data) => {
    stderr += data;
  });
  const ended = new Promise<Ended>((done, failed) => {
    child.once('error', failed);
    child.once('close', (code) => done({ code, stdout, stderr }));
  });
  return {
    child,
    ended,
    output: () => stdout + stderr,
    kill(signal) {
      child.kill(signal);
      return ended;
    },
  };
}

const bind = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const server = createServer();
    server.once('error', () => done(false));
    server.listen(port, () => server.close(() => done(true)));
  });

let nextPort = 21000 + (process.pid % 300) * 60;

/** Two neighbouring free ports. Each test process looks in a range of its own. */
export async function freePorts(): Promise<number> {
  for (;;) {
    nextPort += 2;
    if ((await bind(nextPort)) && (await bind(nextPort + 1))) return nextPort;
  }
}

export async function createTestProject(options: TestProjectOptions = {}): Promise<TestProject> {
  const folder = mkdtempSync(join(tmpdir(), 'anchor-test-'));
  const dir = join(folder, 'my-anchor');
  const port = await freePorts();
  const env = { PORT: String(port), SANDBOX_PORT: String(port + 1), ...options.env };
  const running = new Set<Running>();
  const homeUrl = `http://localhost:${port}`;

  const made = launch(
    'create-anchor',
    ['my-anchor', '--yes', '--no-git', '--no-install', ...(options.flags ?? [])],
    folder,
    env,
  );
  made.child.stdin?.end();
  const result = await made.ended;
  if (result.code !== 0) throw new Error(`create-anchor failed: ${result.stdout}${result.stderr}`);
  mkdirSync(join(dir, 'node_modules'), { recursive: true });
  symlinkSync(checkout, join(dir, 'node_modules', 'create-anchor'));

  const project: TestProject = {
    dir,
    port,
    homeUrl,
    horizonUrl: `http://localhost:${port + 1}`,
    env,
    async anchor(args, more = {}) {
      const command = launch('anchor', args, dir, { ...env, ...more.env });
      command.child.stdin?.end(more.input ?? '');
      return command.ended;
    },
    start(args, more = {}) {
      const command = launch('anchor', args, dir, { ...env, ...more });
      command.child.stdin?.end();
      running.add(command);
      command.ended.finally(() => running.delete(command));
      return command;
    },
    async serve(more) {
      const server = this.start(['serve'], more);
      await reachable(`${homeUrl}/health`, server);
      return server;
    },
    async remove() {
      await Promise.all([...running].map((command) => command.kill('SIGKILL')));
      rmSync(folder, { recursive: true, force: true });
    },
  };
  if (options.setup !== false) {
    const setup = await project.anchor(['setup']);
    if (setup.code !== 0) {
      await project.remove();
      throw new Error(`anchor setup failed: ${setup.stdout}${setup.stderr}`);
    }
  }
  return project;
}

/** Waits until the address answers 200, or says what the process printed when it ended before. */
export async function reachable(url: string, process?: Running): Promise<void> {
  let over: Ended | undefined;
  process?.ended.then((ended) => {
    over = ended;
  });
  await until(async () => {
    if (over !== undefined) throw new Error(`ended with ${over.code}: ${over.stdout}${over.stderr}`);
    try {
      return (await fetch(url)).ok;
    } catch {
      return false;
    }
  }, `${url} answers`);
}

/** Awaits a condition; fails with its name after 60 seconds. */
export async function until(condition: () => Promise<boolean> | boolean, name: string): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${name}`);
    await new Promise((done) => setTimeout(done, 100));
  }
}
