import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { parse } from 'dotenv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keyPairFromSeed } from '../../src/stellar/keys.ts';
import { createDatabase, DATABASES } from '../support/databases.ts';
import { createTestProject, freePorts, reachable, type TestProject, until } from '../support/project.ts';

// The commands as real processes, on a project that create-anchor has written.

let project: TestProject;
beforeAll(async () => {
  project = await createTestProject({ setup: false });
}, 120_000);
afterAll(async () => {
  await project?.remove();
});

const env = () => parse(readFileSync(join(project.dir, '.env')));
const everything = ({ stdout, stderr }: { stdout: string; stderr: string }) => stdout + stderr;

async function json(args: string[], options: Parameters<TestProject['anchor']>[1] = {}, code = 0) {
  const ended = await project.anchor([...args, '--json'], options);
  expect(ended.code, everything(ended)).toBe(code);
  expect(ended.stdout.trim().split('\n')).toHaveLength(1);
  return JSON.parse(ended.stdout);
}

describe('before the set-up', () => {
  it('serve says that tables are missing and what to run', async () => {
    const { error } = await json(['serve'], {}, 1);
    expect(error.code).toBe('SCHEMA_OUTDATED');
    expect(error.hint).toContain('anchor setup');
  });

  it('migrate --status names what is missing and changes nothing', async () => {
    const status = await json(['migrate', '--status']);
    expect(status.applied).toEqual([]);
    expect(status.pending.length).toBeGreaterThan(0);
    expect(await json(['migrate', '--status'])).toEqual(status);
  });
});

describe('setup', () => {
  it('makes everything; the distribution seed moves from .env into the database, the issuer seed stays', async () => {
    const before = env();
    const ended = await project.anchor(['setup', '--json']);
    expect(ended.code, ended.stderr).toBe(0);
    const made = JSON.parse(ended.stdout);
    expect(made).toMatchObject({ network: 'sandbox', keys: [], assets: [{ code: 'SRT', created: true }] });
    expect(env()).toEqual({ ...before, DISTRIBUTION_SEED: '' });
    for (const secret of [before.DISTRIBUTION_SEED, before.ISSUER_SEED, before.SIGNING_SEED]) {
      expect(everything(ended)).not.toContain(secret);
      expect(readFileSync(join(project.dir, 'data', 'anchor-sandbox.db'), 'latin1')).not.toContain(secret);
    }
  });

  it('repeated changes nothing', async () => {
    const before = env();
    const again = await json(['setup']);
    expect(again).toMatchObject({ keys: [], migrations: [], assets: [{ code: 'SRT', created: false }] });
    expect(env()).toEqual(before);
  });

  it('makes keys that are missing, and no encryption key in place of a lost one', async () => {
    const path = join(project.dir, '.env');
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replace(/^SERVER_JWT_KEY=.*$/m, 'SERVER_JWT_KEY='));
    expect((await json(['setup'])).keys).toEqual(['SERVER_JWT_KEY']);
    expect(env().SERVER_JWT_KEY).toMatch(/^[\w-]{43}$/);
    writeFileSync(path, text.replace(/^ENCRYPTION_KEY=.*$/m, ''));
    expect((await json(['setup'], {}, 1)).error.code).toBe('ENCRYPTION_KEY_LOST');
    writeFileSync(path, text);
  });

  it('works with an .env of an editor on Windows', async () => {
    const path = join(project.dir, '.env');
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replace(/^(\w+)=(.*)$/gm, '$1 = "$2"').replaceAll('\n', '\r\n'));
    expect(await json(['setup'])).toMatchObject({ keys: [] });
    writeFileSync(path, text);
  });
});

describe('assets', () => {
  it('set changes what it is told and nothing else', async () => {
    const [before] = (await json(['assets'])).assets;
    const after = await json([
      'assets',
      'set',
      'SRT',
      '--deposit-min',
      '5',
      '--deposit-max',
      'none',
      '--deposit-fee-fixed',
      '1',
    ]);
    expect(after).toEqual({ ...before, deposit: { ...before.deposit, min: '5', max: null, fee_fixed: '1' } });
    expect((await json(['assets', 'set', 'NIX', '--deposit', 'off'], {}, 1)).error.code).toBe(
      'ASSET_NOT_FOUND',
    );
    const crossed = ['assets', 'set', 'SRT', '--withdrawal-min', '10', '--withdrawal-max', '9'];
    expect((await json(crossed, {}, 2)).error.code).toBe('LIMITS_CROSSED');
    await json(['assets', 'set', 'SRT', '--deposit-fee-fixed', '0']);
  });

  it('add-asset takes the distribution seed from standard input', async () => {
    const { issuer } = (await json(['assets'])).assets[0];
    const seed = 'SAV76USXIJOBMEQXPANUOQM6F5LIOTLPDIDVRJBFFE2MDJXG24TAPUU7';
    const ended = await project.anchor(['add-asset', 'PIPED', '--issuer', issuer, '--json'], {
      input: `${seed}\n`,
    });
    expect(ended.code, ended.stderr).toBe(0);
    expect(JSON.parse(ended.stdout)).toEqual({
      code: 'PIPED',
      issuer,
      distribution: keyPairFromSeed(seed).publicKey,
      created: true,
    });
    expect(everything(ended)).not.toContain(seed);
    const wrong = await project.anchor(['add-asset', 'OTHER', '--issuer', issuer, '--json'], {
      input: 'nonsense\n',
    });
    expect([wrong.code, JSON.parse(wrong.stdout).error.code]).toEqual([2, 'SEED_INVALID']);
  });

  it('add-asset refuses an issuer that does not exist', async () => {
    const issuer = 'GCDNJUBQSX7AJWLJACMJ7I4BC3Z47BQUTMHEICZLE6MU4KQBRYG5JY6B';
    expect((await json(['add-asset', 'SRT', '--issuer', issuer], {}, 1)).error.code).toBe('ISSUER_NOT_FOUND');
  });
});

describe('what is not there', () => {
  it('is said with a code', async () => {
    expect((await json(['tx', 'show', 'x'], {}, 1)).error.code).toBe('TRANSACTION_NOT_FOUND');
    expect(await json(['tx', 'list'])).toEqual({ transactions: [], next: null });
    const { error } = await json(['wallet', 'deposit', '1', 'SRT'], {}, 1);
    expect(error.code).toMatch(/UNREACHABLE|UNAVAILABLE/);
  });

  it('a network that is not there: nothing is half done, and the hint names the sandbox', async () => {
    const free = String(await freePorts());
    const { error } = await json(
      ['issue-asset', 'ABC'],
      { env: { HORIZON_URI: `http://localhost:${free}` } },
      1,
    );
    expect(error.code).toBe('NETWORK_UNAVAILABLE');
    expect(error.hint).toContain('anchor serve');
    expect((await json(['assets'])).assets.map(({ code }: { code: string }) => code)).not.toContain('ABC');
  });
});

describe('the sandbox of a project', () => {
  const network = async () =>
    (await fetch(project.horizonUrl)).json() as Promise<{ core_latest_ledger: number }>;

  it('goes on in another process when its host is killed', async () => {
    const server = await project.serve();
    const job = project.start(['run', 'expire-transactions', '--loop', '--interval', '1']);
    await until(() => job.output().includes('job_loop_started'), 'the job runs');
    const { core_latest_ledger: ledger } = await network();
    await server.kill('SIGKILL');
    await until(async () => {
      const now = await network().catch(() => null);
      return now !== null && now.core_latest_ledger > ledger;
    }, 'the job hosts the sandbox, with the ledgers that were there');
    expect((await job.kill('SIGTERM')).code).toBe(143);
    await expect(network()).rejects.toThrow();
  });

  it('is found by a command that is told no port', async () => {
    const server = await project.serve();
    const told = { PORT: '', SANDBOX_PORT: '', HOST_URL: project.homeUrl };
    expect(await json(['setup'], { env: told })).toMatchObject({
      assets: [{ created: false }, { created: false }],
    });
    expect((await server.kill('SIGINT')).code).toBe(130);
  });

  it('refuses a port where something else listens', async () => {
    const other = createServer((_request, answer) => answer.end('hello')).listen(
      Number(project.env.SANDBOX_PORT),
    );
    try {
      const { error } = await json(['serve'], {}, 1);
      expect(error.code).toBe('SANDBOX_PORT_TAKEN');
      expect(error.hint).toContain('SANDBOX_PORT=');
    } finally {
      other.close();
    }
  });

  it('does not run twice on one state', async () => {
    const server = await project.serve();
    const port = await freePorts();
    const moved = { PORT: String(port), SANDBOX_PORT: String(port + 1) };
    expect((await json(['serve'], { env: moved }, 1)).error.code).toBe('SANDBOX_STATE_IN_USE');
    await server.kill('SIGTERM');
  });
});

describe('serve', () => {
  it('says where it is in one document, and that its port is busy with the fix', async () => {
    const server = project.start(['serve', '--json']);
    await reachable(`${project.homeUrl}/health`, server);
    expect(JSON.parse(server.output())).toMatchObject({
      url: project.homeUrl,
      network: 'sandbox',
      stellar_toml: `${project.homeUrl}/.well-known/stellar.toml`,
      horizon: project.horizonUrl,
    });
    const { error } = await json(['serve'], {}, 1);
    expect(error.code).toBe('PORT_BUSY');
    expect(error.hint).toContain('--port');
    const doctor = await json(['doctor']);
    expect(doctor.ok).toBe(true);
    const ids = doctor.checks.map(({ id }: { id: string }) => id);
    for (const id of [
      'configuration',
      'keys',
      'database',
      'network',
      'asset_SRT',
      'stellar_toml',
      'sep10',
      'sep24',
    ]) {
      expect(ids).toContain(id);
    }
    expect(await json(['doctor', project.homeUrl])).toMatchObject({ ok: true });
    await server.kill('SIGTERM');
    expect((await json(['doctor', project.homeUrl], {}, 1)).ok).toBe(false);
  });

  it('--port moves server and sandbox', async () => {
    const port = await freePorts();
    const server = project.start(['serve', '--port', String(port)], { PORT: '', SANDBOX_PORT: '' });
    await reachable(`http://localhost:${port}/health`, server);
    expect((await fetch(`http://localhost:${port + 1}/`)).status).toBe(200);
    expect((await server.kill('SIGINT')).code).toBe(130);
  });
});

describe('run', () => {
  it('one pass answers one document', async () => {
    const done = await json(['run', 'expire-transactions']);
    expect(done).toEqual({ job: 'expire-transactions', processed: 0, waiting: 0, failed: 0 });
    expect(await json(['run', 'all'])).toMatchObject({ job: 'all', failed: 0 });
  });

  it('a loop answers a document for each pass', async () => {
    const job = project.start(['run', 'expire-transactions', '--loop', '--interval', '0.1', '--json']);
    await until(
      () =>
        job
          .output()
          .split('\n')
          .filter((line) => line.startsWith('{"job"')).length > 2,
      'three passes',
    );
    const ended = await job.kill('SIGINT');
    expect(ended.code).toBe(130);
    for (const line of ended.stdout.trim().split('\n'))
      expect(JSON.parse(line).job).toBe('expire-transactions');
  });
});

describe('testnet', () => {
  it('differs by address and passphrase only; where it cannot be reached, setup finishes later', async () => {
    const sandbox = project.start([
      'sandbox',
      '--port',
      '0',
      '--close',
      '0.2',
      '--json',
      '--passphrase',
      'Far away ; 2026',
    ]);
    await until(() => sandbox.output().includes('"url"'), 'the network listens');
    const { url } = JSON.parse(sandbox.output().split('\n')[0] ?? '');
    const far = await createTestProject({ flags: ['--network', 'testnet', '--asset', 'FAR'], setup: false });
    try {
      const gone = `http://localhost:${await freePorts()}`;
      const passphrase = { STELLAR_NETWORK_PASSPHRASE: 'Far away ; 2026' };
      const first = await far.anchor(['setup', '--json'], {
        env: { ...passphrase, HORIZON_URI: gone, FRIENDBOT_URI: `${gone}/friendbot` },
      });
      expect(first.code).toBe(1);
      expect(JSON.parse(first.stdout).error).toMatchObject({ code: 'NETWORK_UNAVAILABLE' });
      const here = { ...passphrase, HORIZON_URI: url, FRIENDBOT_URI: `${url}/friendbot` };
      const second = await far.anchor(['setup', '--json'], { env: here });
      expect(second.code, everything(second)).toBe(0);
      expect(JSON.parse(second.stdout)).toMatchObject({
        network: 'testnet',
        assets: [{ code: 'FAR', created: true }],
      });
      const wrong = await far.anchor(['assets', '--json'], {
        env: { ...here, STELLAR_NETWORK_PASSPHRASE: 'Another' },
      });
      expect([wrong.code, JSON.parse(wrong.stdout).error.code]).toEqual([1, 'DATABASE_OF_OTHER_NETWORK']);
    } finally {
      await far.remove();
      expect((await sandbox.kill('SIGTERM')).code).toBe(143);
    }
  });
});

const postgres = DATABASES.some(({ kind, available }) => kind === 'postgres' && available);

describe.runIf(postgres)('PostgreSQL', () => {
  it('is one variable away', async () => {
    const { url, drop } = await createDatabase('postgres', { empty: true });
    try {
      const options = { env: { DATABASE_URL: url } };
      expect((await json(['assets'], options, 1)).error.code).toBe('SCHEMA_OUTDATED');
      const made = await json(['setup'], options);
      expect(made).toMatchObject({ assets: [{ code: 'SRT', created: true }] });
      expect(await json(['setup'], options)).toMatchObject({ assets: [{ code: 'SRT', created: false }] });
      expect(await json(['run', 'all'], options)).toMatchObject({ failed: 0 });
      expect(await json(['tx', 'list'], options)).toEqual({ transactions: [], next: null });
    } finally {
      await drop();
    }
  });
});

describe('dev', () => {
  it('sets up, runs everything, starts again on a change, and waits after a fault', async () => {
    rmSync(join(project.dir, 'data'), { recursive: true });
    const dev = project.start(['dev']);
    await reachable(`${project.homeUrl}/health`, dev);
    expect(dev.output()).toContain(`${project.homeUrl}/demo-wallet`);
    const deposit = await json(['wallet', 'deposit', '20', 'SRT']);
    expect(deposit).toMatchObject({ status: 'completed', amount_in: '20' });

    const form = join(project.dir, 'forms', 'contact.ts');
    const text = readFileSync(form, 'utf8');
    writeFileSync(form, `${text}\nthis is no code (`);
    await until(() => dev.output().includes('waiting for a change'), 'the fault is told');
    expect(dev.output()).toContain('forms/contact.ts');
    writeFileSync(form, text);
    await until(() => dev.output().includes(`ready at ${project.homeUrl}`), 'it runs again');
    expect(await json(['wallet', 'withdraw', '10', 'SRT'])).toMatchObject({ status: 'completed' });
    expect((await dev.kill('SIGINT')).code).toBe(130);
    await expect(fetch(project.homeUrl)).rejects.toThrow();
    expect(existsSync(join(project.dir, 'data', 'sandbox.json'))).toBe(false);
  });
});
