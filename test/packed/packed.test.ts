import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { execa, type ResultPromise } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts, reachable, until } from '../support/project.ts';
import { type Installed, installPacked } from './install.ts';

// The package as users get it: from `npm pack`, in a folder where nothing of this checkout is in reach.

let packed: Installed;
let project: string;
let env: Record<string, string>;
let home: string;
const running: ResultPromise[] = [];

const anchor = (...args: string[]) =>
  execa(process.execPath, [join(project, 'node_modules', 'create-anchor', 'bin', 'anchor.js'), ...args], {
    cwd: project,
    env,
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
  });

const json = async (...args: string[]) => {
  const { stdout, exitCode, stderr } = await anchor(...args, '--json');
  expect(exitCode, `${stdout}${stderr}`).toBe(0);
  return JSON.parse(stdout);
};

beforeAll(async () => {
  packed = await installPacked();
  const port = await freePorts();
  env = { ...packed.env, PORT: String(port), SANDBOX_PORT: String(port + 1) };
  home = `http://localhost:${port}`;
  project = join(packed.folder, 'my anchor');
}, 300_000);

afterAll(async () => {
  for (const process of running) process.kill('SIGKILL');
  await Promise.allSettled(running);
  packed?.remove();
});

describe('the packed package', () => {
  it('writes, installs and sets up a project that depends on the tarball', async () => {
    const create = join(packed.folder, 'tools', 'node_modules', '.bin', 'create-anchor');
    const made = await execa(create, ['my anchor', '--yes', '--no-git'], {
      cwd: packed.folder,
      env,
      extendEnv: false,
      reject: false,
      stdin: 'ignore',
    });
    expect(made.exitCode, made.stderr).toBe(0);
    const manifest = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'));
    expect(manifest.dependencies['create-anchor']).toBe(`file:${packed.tarball}`);
    const secrets = readFileSync(join(project, '.env'), 'utf8');
    expect(statSync(join(project, '.env')).mode & 0o777).toBe(0o600);
    expect(secrets).toMatch(/^DISTRIBUTION_SEED=$/m);
    expect(secrets).toMatch(/^ISSUER_SEED=S[A-Z2-7]{55}$/m);
    expect(`${made.stdout}${made.stderr}`).not.toMatch(/S[A-Z2-7]{55}/);
    const { assets } = await json('assets');
    expect(assets).toHaveLength(1);
    expect(assets[0]).toMatchObject({ code: 'SRT', seps: [24] });
  }, 300_000);

  it("passes the project's own test", async () => {
    const tested = await execa('npm', ['test'], { cwd: project, env, extendEnv: false, reject: false });
    expect(tested.exitCode, `${tested.stdout}${tested.stderr}`).toBe(0);
  }, 120_000);

  it('completes a deposit with serve in one terminal and poll-deposits in another', async () => {
    const server = anchor('serve');
    running.push(server);
    await reachable(`${home}/health`);
    const wallet = anchor('wallet', 'deposit', '100', 'SRT', '--json');
    let id = '';
    await until(async () => {
      const { transactions } = await json('tx', 'list');
      id = transactions[0]?.id ?? '';
      return transactions[0]?.status === 'pending_user_transfer_start';
    }, 'the deposit waits');
    expect((await json('tx', 'show', id)).waiting_for).toMatchObject({ code: 'job_not_running' });
    const job = anchor('run', 'poll-deposits', '--loop', '--interval', '1');
    running.push(job);
    const done = await wallet;
    expect(done.exitCode, done.stderr).toBe(0);
    expect(JSON.parse(done.stdout)).toMatchObject({ id, status: 'completed', amount_in: '100' });
    job.kill('SIGTERM');
    expect((await job).exitCode).toBe(143);
    server.kill('SIGINT');
    expect((await server).exitCode).toBe(130);
  }, 120_000);

  it('issues an asset of its own, and registers one of somebody else', async () => {
    const issued = await json('issue-asset', 'ABC');
    expect(issued).toMatchObject({ code: 'ABC', created: true });
    expect(await json('issue-asset', 'ABC')).toEqual({ ...issued, created: false });
    const added = await json('add-asset', 'XYZ', '--issuer', issued.issuer);
    expect(added).toMatchObject({ code: 'XYZ', issuer: issued.issuer, created: true });
    expect(added.distribution).not.toBe(issued.distribution);
  }, 60_000);
});
