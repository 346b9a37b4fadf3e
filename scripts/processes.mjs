// A project in a temporary folder and the processes that run it: for the demo and for the official test suite.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './ensure-installed.mjs';

/**
 * A folder for a project, and our commands in it. `env` goes to every process; `fail` is told when one in the background stops by
 * itself. Two neighbouring free ports are set as PORT and SANDBOX_PORT.
 */
export async function temporaryProject({ prefix, keep, env: more = {}, fail }) {
  const children = new Set();
  const folder = mkdtempSync(join(tmpdir(), prefix));
  const project = join(folder, 'my-anchor');
  const port = await freePorts();
  const env = {
    PORT: String(port),
    SANDBOX_PORT: String(port + 1),
    NO_COLOR: process.env.NO_COLOR ?? '1',
    ...more,
  };
  const start = (bin, args, cwd, stdio) => {
    const child = spawn(process.execPath, [join(root, 'bin', `${bin}.js`), ...args], {
      cwd,
      env: { ...process.env, ...env },
      stdio,
    });
    children.add(child);
    return child;
  };

  /** Runs one of our commands; its talk (stderr) is shown as it happens, its answer (stdout) is returned. */
  function command(bin, args, cwd) {
    return new Promise((resolve, reject) => {
      const child = start(bin, args, cwd, ['ignore', 'pipe', 'inherit']);
      let out = '';
      child.stdout.on('data', (data) => {
        out += data;
        if (bin === 'create-anchor') process.stderr.write(data);
      });
      child.on('error', reject);
      child.on('close', (code) => {
        children.delete(child);
        if (code === 0) resolve(out);
        else
          reject(
            new Error(
              `${bin} ${args.join(' ')} ended with exit status ${code}${out ? `: ${out.trim().slice(0, 500)}` : ''}`,
            ),
          );
      });
    });
  }

  return {
    folder,
    project,
    port,
    env,
    anchor: (args) => command('anchor', args, project),
    /** `create-anchor my-anchor`, with the dependencies of this checkout, so that nothing is compiled twice. */
    async scaffold(args = []) {
      await command('create-anchor', ['my-anchor', '--yes', '--no-git', '--no-install', ...args], folder);
      mkdirSync(join(project, 'node_modules'));
      symlinkSync(root, join(project, 'node_modules', 'create-anchor'), 'junction');
    },
    /** A command that goes on until the end; its last lines are shown if it stops by itself. */
    background(args) {
      const child = start('anchor', args, project, ['ignore', 'pipe', 'pipe']);
      let tail = '';
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (data) => {
          tail = (tail + data).slice(-3000);
        });
      }
      child.on('close', (code) => {
        if (children.delete(child))
          fail(new Error(`anchor ${args.join(' ')} stopped with exit status ${code}:\n${tail}`));
      });
    },
    cleanUp() {
      for (const child of children) {
        children.delete(child);
        child.kill('SIGKILL');
      }
      if (!keep) rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Two neighbouring free ports: the anchor's and its sandbox's. */
async function freePorts() {
  for (let attempt = 0; attempt < 50; attempt++) {
    const port = 20000 + Math.floor(Math.random() * 20000);
    if ((await isFree(port)) && (await isFree(port + 1))) return port;
  }
  throw new Error('no free port found');
}

const isFree = (port) =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, () => server.close(() => resolve(true)));
  });

export async function until(url) {
  const deadline = Date.now() + 30_000;
  for (;;) {
    try {
      if ((await fetch(url)).ok) return;
    } catch {}
    if (Date.now() > deadline) throw new Error(`${url} did not answer within 30 s`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Runs `main`; whatever its end, `cleanUp` is called, also on SIGINT and SIGTERM. */
export function runScript(main, { cleanUp, fail }) {
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => {
      cleanUp();
      process.exit(signal === 'SIGINT' ? 130 : 143);
    });
  }
  main().then((status = 0) => {
    cleanUp();
    process.exit(status);
  }, fail);
}
