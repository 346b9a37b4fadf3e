import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parse as parseEnv } from 'dotenv';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ownDependency } from '../../src/scaffold/dependency.ts';
import { main } from '../../src/scaffold/main.ts';
import { shellWord } from '../../src/scaffold/names.ts';

const ISSUER = 'GCDNJUBQSX7AJWLJACMJ7I4BC3Z47BQUTMHEICZLE6MU4KQBRYG5JY6B';
const SEED = `S${'A'.repeat(55)}`;

let cwd: string;
beforeEach(() => {
  cwd = realpathSync(mkdtempSync(join(tmpdir(), 'scaffold-')));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(cwd, { recursive: true, force: true });
});

async function run(argv: string[], env: Record<string, string> = {}, from = cwd) {
  let stdout = '';
  let stderr = '';
  const io = {
    env,
    cwd: from,
    stdout: (text: string) => {
      stdout += text;
    },
    stderr: (text: string) => {
      stderr += text;
    },
    terminal: false,
  };
  return { status: await main(argv, io), stdout, stderr };
}

const files = (...argv: string[]) => run([...argv, '--no-install', '--no-git']);

describe('create-anchor', () => {
  it('without a terminal takes every default and says so', async () => {
    const { status, stderr, stdout } = await files();
    expect(status).toBe(0);
    expect(stderr).toContain('--yes');
    expect(existsSync(join(cwd, 'my-anchor', 'anchor.toml'))).toBe(true);
    expect(stdout).toContain('cd my-anchor\n  npm install\n  npx anchor setup\n  npm run dev');
    expect((await run(['other', '--yes', '--no-install', '--no-git'])).stderr).not.toContain('No terminal');
  });

  it('closes .env to others and prints the password once, no other secret', async () => {
    const { stderr, stdout } = await files('a', '--yes');
    const path = join(cwd, 'a', '.env');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const env = parseEnv(readFileSync(path));
    for (const name of [
      'SIGNING_SEED',
      'SERVER_JWT_KEY',
      'ENCRYPTION_KEY',
      'ISSUER_SEED',
      'DISTRIBUTION_SEED',
    ]) {
      expect(env[name]).not.toBe('');
      expect(stdout + stderr).not.toContain(env[name]);
    }
    expect(stderr.match(/[a-z2-9]{4}(?:-[a-z2-9]{4}){3}/g)).toHaveLength(1);
  });

  it('follows the package manager that started it', async () => {
    const agent = { npm_config_user_agent: 'pnpm/9.1.0 npm/? node/v20.20.2 linux x64' };
    const { stdout } = await run(['a', '--yes', '--no-install', '--no-git'], agent);
    expect(stdout).toContain('pnpm install');
    expect(stdout).toContain('pnpm run dev');
  });

  it('takes seeds from the environment and not from arguments', async () => {
    const seed = 'SAV76USXIJOBMEQXPANUOQM6F5LIOTLPDIDVRJBFFE2MDJXG24TAPUU7';
    await run(['a', '--yes', '--no-install', '--no-git'], { ISSUER_SEED: seed });
    expect(parseEnv(readFileSync(join(cwd, 'a', '.env'))).ISSUER_SEED).toBe(seed);
    const bad = await run(['b', '--yes', '--no-install', '--no-git'], { ISSUER_SEED: 'Snonsense' });
    expect(bad.status).toBe(2);
    expect(bad.stderr).not.toContain('Snonsense');
    expect(existsSync(join(cwd, 'b'))).toBe(false);
  });
});

describe('the directory', () => {
  it.each([
    ["it's a $(touch pwned) dir"],
    ['ünïcode 銀行'],
    ['with "quotes"'],
    ['sub/folder'],
    ['.'],
    ['./a;b&c|d'],
  ])('may be called %s', async (name) => {
    const { status, stdout } = await files(name, '--yes');
    expect(status).toBe(0);
    const directory = resolve(cwd, name);
    expect(existsSync(join(directory, 'integrations.ts'))).toBe(true);
    JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
    const cd = /^ {2}(cd .*)$/m.exec(stdout)?.[1] ?? ':';
    const reached = execFileSync('sh', ['-c', `${cd} && pwd -P`], { cwd, encoding: 'utf8' }).trim();
    expect(reached).toBe(directory);
    expect(existsSync(join(cwd, 'pwned'))).toBe(false);
  });

  it.each([
    ['a\nb', 'DIRECTORY_NAME_INVALID'],
    ['', 'DIRECTORY_NAME_INVALID'],
    ['x'.repeat(300), 'DIRECTORY_UNUSABLE'],
    ['--frobnicate', 'USAGE_WRONG'],
  ])('may not be called %j', async (name, code) => {
    const { status, stdout } = await files(name, '--yes', '--json');
    expect(JSON.parse(stdout).error.code).toBe(code);
    expect(status).toBe(code === 'DIRECTORY_UNUSABLE' ? 1 : 2);
    expect(readdirSync(cwd)).toEqual([]);
  });

  it('with files in it is refused, and nothing in it is touched', async () => {
    mkdirSync(join(cwd, 'a'));
    writeFileSync(join(cwd, 'a', 'notes.txt'), 'mine');
    const { status, stdout } = await files('a', '--yes', '--json');
    expect(status).toBe(1);
    expect(JSON.parse(stdout).error.code).toBe('DIRECTORY_NOT_EMPTY');
    expect(readdirSync(join(cwd, 'a'))).toEqual(['notes.txt']);
  });

  it('that is a file is refused', async () => {
    writeFileSync(join(cwd, 'a'), 'mine');
    const { status, stdout } = await files('a', '--yes', '--json');
    expect([status, JSON.parse(stdout).error.code]).toEqual([1, 'DIRECTORY_IS_A_FILE']);
  });

  it('that is empty, or holds only .git, is taken', async () => {
    mkdirSync(join(cwd, 'a', '.git'), { recursive: true });
    writeFileSync(join(cwd, 'a', '.git', 'HEAD'), 'ref: refs/heads/mine\n');
    expect((await run(['a', '--yes', '--no-install'])).status).toBe(0);
    expect(readFileSync(join(cwd, 'a', '.git', 'HEAD'), 'utf8')).toBe('ref: refs/heads/mine\n');
  });

  it('with --force keeps what is not its own, and every key that was there', async () => {
    const dir = join(cwd, 'a');
    await files('a', '--yes', '--name', 'First');
    const first = parseEnv(readFileSync(join(dir, '.env')));
    writeFileSync(join(dir, '.env'), `${readFileSync(join(dir, '.env'), 'utf8')}BANK_TOKEN="a b"\n`);
    writeFileSync(join(dir, 'bank.ts'), 'mine');
    chmodSync(join(dir, '.env'), 0o644);
    const { status, stderr } = await files('a', '--yes', '--force', '--name', 'Second');
    expect(status).toBe(0);
    expect(stderr).not.toMatch(/[a-z2-9]{4}(?:-[a-z2-9]{4}){3}/);
    expect(readFileSync(join(dir, 'bank.ts'), 'utf8')).toBe('mine');
    expect(readFileSync(join(dir, 'anchor.toml'), 'utf8')).toContain('Second');
    expect(parseEnv(readFileSync(join(dir, '.env')))).toEqual({ ...first, BANK_TOKEN: 'a b' });
    expect(statSync(join(dir, '.env')).mode & 0o777).toBe(0o600);
  });
});

describe('wrong use', () => {
  it.each([
    [['--network', 'mainnet'], 'CHOICE_INVALID'],
    [['--asset', 'not a code'], 'ASSET_CODE_INVALID'],
    [['--asset', 'THIRTEENCHARS'], 'ASSET_CODE_INVALID'],
    [['--issuer', 'GABC'], 'ISSUER_INVALID'],
    [['--asset', 'XLM', '--issuer', ISSUER], 'ISSUER_INVALID'],
    [['--network', 'public', '--asset', 'USDC'], 'ISSUER_MISSING'],
    [['--seps', '1,99'], 'SEPS_INVALID'],
    [['--database-url', 'mysql://x'], 'DATABASE_MYSQL_UNSUPPORTED'],
    [['--database-url', 'oracle'], 'DATABASE_URL_INVALID'],
    [['--package-manager', 'cargo'], 'CHOICE_INVALID'],
    [['--name', ' '], 'ORGANIZATION_NAME_INVALID'],
    [['--name', 'a\u0007b'], 'ORGANIZATION_NAME_INVALID'],
    [['--nonsense'], 'USAGE_WRONG'],
    [['more', 'than-one'], 'USAGE_WRONG'],
    [['--issuer', SEED], 'SECRET_IN_ARGUMENTS'],
  ])('%j is refused with %s, exit 2, and writes nothing', async (argv, code) => {
    const { status, stdout, stderr } = await files('a', '--yes', '--json', ...argv);
    expect(JSON.parse(stdout).error.code).toBe(code);
    expect(status).toBe(2);
    expect(stdout + stderr).not.toContain(SEED);
    expect(readdirSync(cwd)).toEqual([]);
  });

  it('help has an example and names every flag', async () => {
    const { status, stdout } = await run(['--help']);
    expect(status).toBe(0);
    for (const flag of ['--name', '--network', '--asset', '--issuer', '--seps', '--database-url']) {
      expect(stdout).toContain(flag);
    }
    for (const flag of ['--package-manager', '--no-install', '--no-git', '--force', '--yes', 'Examples:']) {
      expect(stdout).toContain(flag);
    }
    expect((await run(['--version'])).stdout).toMatch(/^create-anchor \d/);
  });
});

describe('git', () => {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: join(cwd, 'a'), encoding: 'utf8' });

  it('has one commit without the secrets', async () => {
    for (const who of ['AUTHOR', 'COMMITTER']) {
      vi.stubEnv(`GIT_${who}_NAME`, 'A');
      vi.stubEnv(`GIT_${who}_EMAIL`, 'a@example.com');
    }
    const { status } = await run(['a', '--yes', '--no-install']);
    expect(status).toBe(0);
    expect(git('rev-list', '--count', 'HEAD').trim()).toBe('1');
    const tracked = git('ls-files').split('\n');
    expect(tracked).toContain('.env.example');
    expect(tracked).not.toContain('.env');
  });

  it('makes no repository inside of another', async () => {
    execFileSync('git', ['init', '--quiet'], { cwd });
    const { status, stderr } = await run(['a', '--yes', '--no-install']);
    expect(status).toBe(0);
    expect(stderr).toContain('No git commit');
    expect(existsSync(join(cwd, 'a', '.git'))).toBe(false);
  });
});

describe('its own dependency', () => {
  const fake = (root: string, lock?: object) => {
    mkdirSync(join(root, 'dist', 'scaffold'), { recursive: true });
    writeFileSync(join(root, 'package.json'), '{"name":"create-anchor","version":"1.2.3"}');
    if (lock) writeFileSync(join(root, '..', '.package-lock.json'), JSON.stringify({ packages: lock }));
    return join(root, 'dist', 'scaffold');
  };

  it('is the version from the registry', () => {
    const from = fake(join(cwd, 'node_modules', 'create-anchor'), { 'node_modules/create-anchor': {} });
    expect(ownDependency({}, from).spec).toBe('1.2.3');
  });

  it('is the path of a checkout', () => {
    const root = join(cwd, 'check out');
    expect(ownDependency({}, fake(root)).spec).toBe(`file:${root}`);
  });

  it('is the tarball that it was installed from, as long as it is there', () => {
    const lock = { 'node_modules/create-anchor': { resolved: 'file:../tars/create-anchor.tgz' } };
    const from = fake(join(cwd, 'tool', 'node_modules', 'create-anchor'), lock);
    expect(ownDependency({}, from).spec).toBe('1.2.3');
    mkdirSync(join(cwd, 'tars'));
    writeFileSync(join(cwd, 'tars', 'create-anchor.tgz'), '');
    expect(ownDependency({}, from).spec).toBe(`file:${join(cwd, 'tars', 'create-anchor.tgz')}`);
  });

  it('is what CREATE_ANCHOR_SPEC says', () => {
    const from = fake(join(cwd, 'x'));
    expect(ownDependency({ CREATE_ANCHOR_SPEC: 'file:/y' }, from).spec).toBe('file:/y');
  });
});

describe('what it writes', () => {
  it('compiles against this package', async () => {
    await files('a', '--yes');
    const checkout = resolve(import.meta.dirname, '../..');
    symlinkSync(join(checkout, 'node_modules'), join(cwd, 'node_modules'));
    mkdirSync(join(cwd, 'a', 'node_modules'));
    symlinkSync(checkout, join(cwd, 'a', 'node_modules', 'create-anchor'));
    const tsc = join(checkout, 'node_modules', 'typescript', 'bin', 'tsc');
    execFileSync(process.execPath, [tsc, '--noEmit', '-p', join(cwd, 'a')], { encoding: 'utf8' });
  });

  it('is quoted for a shell only where it must be', () => {
    expect(shellWord('my-anchor')).toBe('my-anchor');
    expect(shellWord("it's")).toBe("'it'\\''s'");
  });
});
