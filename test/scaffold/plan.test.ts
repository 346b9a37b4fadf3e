import { createHash, scryptSync } from 'node:crypto';
import { join, resolve } from 'node:path';
import { parse as parseEnv } from 'dotenv';
import { parse as parseToml } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import type { Ids } from '../../src/kernel/ids.ts';
import { isSeed } from '../../src/kernel/strkey.ts';
import type { Answers } from '../../src/scaffold/answers.ts';
import { makeKeys } from '../../src/scaffold/keys.ts';
import { type PlannedFile, plan } from '../../src/scaffold/plan.ts';
import { readTemplates } from '../../src/scaffold/templates.ts';

const templates = readTemplates(resolve(import.meta.dirname, '../..'));

let counter = 0;
const ids: Ids = {
  uuid: () => '00000000-0000-4000-8000-000000000000',
  bytes: (length) =>
    Buffer.concat(
      Array.from({ length: Math.ceil(length / 32) }, () =>
        createHash('sha256').update(`${counter++}`).digest(),
      ),
    ).subarray(0, length),
};

const ISSUER = 'GCDNJUBQSX7AJWLJACMJ7I4BC3Z47BQUTMHEICZLE6MU4KQBRYG5JY6B';

const BASE: Answers = {
  directory: '/somewhere/my-anchor',
  name: 'My Anchor',
  network: 'sandbox',
  asset: 'SRT',
  issuer: null,
  seps: [1, 10, 24],
  databaseUrl: null,
  packageManager: 'npm',
  install: true,
  git: true,
  force: false,
};

function planned(changes: Partial<Answers> = {}, node = { major: 20, napi: 9 }, ownSpec = '0.1.0') {
  const answers = { ...BASE, ...changes };
  const keys = makeKeys(answers, ids);
  const files = plan({ answers, keys, templates, ownSpec, node });
  const text = (path: string): string => (files.find((file) => file.path === path) as PlannedFile).text;
  return {
    files,
    keys,
    text,
    env: parseEnv(text('.env')),
    manifest: JSON.parse(text('package.json')),
    toml: parseToml(text('anchor.toml')) as Record<string, Record<string, unknown>>,
  };
}

describe('plan', () => {
  it('is the small project of the design, and nothing else', () => {
    expect(planned().files.map(({ path }) => path)).toEqual([
      '.dockerignore',
      '.env',
      '.env.example',
      '.gitignore',
      'Dockerfile',
      'README.md',
      'anchor.toml',
      'compose.yaml',
      'forms/contact.ts',
      'forms/payout-account.ts',
      'integrations.ts',
      'package.json',
      'pages/.gitkeep',
      'public/.gitkeep',
      'test/anchor.test.ts',
      'tsconfig.json',
    ]);
  });

  it('closes .env to others, keeps it out of git, and gives the example no values', () => {
    const { files, text, keys } = planned();
    expect(files.filter(({ mode }) => mode !== 0o644).map(({ path, mode }) => [path, mode])).toEqual([
      ['.env', 0o600],
    ]);
    expect(text('.gitignore').split('\n')).toContain('.env');
    expect(text('.dockerignore').split('\n')).toContain('.env');
    const example = parseEnv(text('.env.example'));
    expect(Object.values(example).every((value) => value === '')).toBe(true);
    expect(Object.keys(example)).toEqual(Object.keys(parseEnv(text('.env'))));
    const rest = files.filter(({ path }) => path !== '.env').map((file) => file.text);
    for (const secret of [
      keys.signingSeed,
      keys.jwtKey,
      keys.encryptionKey,
      keys.adminPassword,
      keys.issuerSeed,
    ]) {
      expect(rest.join('\n')).not.toContain(secret);
    }
    expect(text('.env')).not.toContain(keys.adminPassword);
  });

  it('makes every key anew, each in its form', () => {
    const { env, keys } = planned();
    for (const name of ['SIGNING_SEED', 'DISTRIBUTION_SEED', 'ISSUER_SEED'])
      expect(isSeed(env[name])).toBe(true);
    expect(new Set([env.SIGNING_SEED, env.DISTRIBUTION_SEED, env.ISSUER_SEED]).size).toBe(3);
    expect(env.SERVER_JWT_KEY?.length).toBeGreaterThanOrEqual(43);
    expect(Buffer.from(env.ENCRYPTION_KEY?.split(':')[1] ?? '', 'base64')).toHaveLength(32);
    const [scheme, N, r, p, salt, hash] = (env.ADMIN_PASSWORD_HASH ?? '').split(':');
    const again = scryptSync(keys.adminPassword, Buffer.from(salt ?? '', 'base64url'), 32, {
      N: Number(N),
      r: Number(r),
      p: Number(p),
    });
    expect([scheme, hash]).toEqual(['scrypt', again.toString('base64url')]);
    expect(keys.adminPassword).toMatch(/^[a-z2-9]{4}(-[a-z2-9]{4}){3}$/);
  });

  it('leaves addresses on the sandbox to the environment', () => {
    const { env } = planned();
    expect(env).not.toHaveProperty('HOST_URL');
    expect(env).not.toHaveProperty('HORIZON_URI');
    expect(env).not.toHaveProperty('PORT');
    expect(env).not.toHaveProperty('DATABASE_URL');
  });

  it('writes neither distribution nor issuer key for the public network', () => {
    const { env, toml } = planned({ network: 'public', asset: 'USDC', issuer: ISSUER });
    expect(env).not.toHaveProperty('DISTRIBUTION_SEED');
    expect(env).not.toHaveProperty('ISSUER_SEED');
    expect(env).not.toHaveProperty('LOCAL_MODE');
    expect(env.HOST_URL).toBe('');
    expect(toml.setup).toEqual({ asset: 'USDC', issuer: ISSUER });
    expect(toml.network).toEqual({ name: 'public' });
  });

  it('needs no issuer key for an asset that exists', () => {
    const { env, toml } = planned({ network: 'testnet', issuer: ISSUER });
    expect(env.ISSUER_SEED).toBe('');
    expect(isSeed(env.DISTRIBUTION_SEED)).toBe(true);
    expect(env).toMatchObject({ HOST_URL: 'http://localhost:8000', LOCAL_MODE: 'true' });
    expect(toml.setup?.issuer).toBe(ISSUER);
  });

  it.each([
    [{ major: 20, napi: 9 }, '^12.11.1', { 'better-sqlite3': true }],
    [{ major: 22, napi: 10 }, '^13.2.0', undefined],
    [{ major: 24, napi: 10 }, '^13.2.0', undefined],
  ])('names the SQLite driver for the Node that runs: %j', (node, range, allowed) => {
    const { manifest } = planned({}, node);
    expect(manifest.dependencies['better-sqlite3']).toBe(range);
    expect(manifest.allowScripts).toEqual(allowed);
  });

  it('lets pnpm build the driver where it has to be built', () => {
    const { text } = planned({ packageManager: 'pnpm' });
    expect(text('pnpm-workspace.yaml')).toContain('better-sqlite3: true');
    expect(
      planned({ packageManager: 'pnpm' }, { major: 24, napi: 10 }).files.map(({ path }) => path),
    ).not.toContain('pnpm-workspace.yaml');
  });

  it('tells yarn and bun what they have to know', () => {
    expect(planned({ packageManager: 'yarn' }).text('.yarnrc.yml')).toBe('nodeLinker: node-modules\n');
    expect(planned({ packageManager: 'bun' }).manifest.trustedDependencies).toEqual(['better-sqlite3']);
    expect(planned({ packageManager: 'npm' }).manifest.trustedDependencies).toBeUndefined();
  });

  it('starts PostgreSQL with a password of its own, which is in .env alone', () => {
    const { env, text } = planned();
    expect(env.POSTGRES_PASSWORD).toMatch(/^[\w-]{24}$/);
    expect(text('compose.yaml')).toContain(`postgres://anchor:\${POSTGRES_PASSWORD}@db:5432/anchor`);
  });

  it('needs no SQLite driver with PostgreSQL', () => {
    const url = 'postgres://anchor:p%40ss@db/anchor';
    const { manifest, env } = planned({ databaseUrl: url });
    expect(Object.keys(manifest.dependencies)).toEqual(['create-anchor', 'pg']);
    expect(env.DATABASE_URL).toBe(url);
    expect(manifest.allowScripts).toBeUndefined();
  });

  it('depends on create-anchor as it is told', () => {
    expect(planned({}, undefined, '0.1.0').manifest.dependencies['create-anchor']).toBe('0.1.0');
    const path = 'file:/home/me/it\'s "here"';
    const { manifest, text } = planned({}, undefined, path);
    expect(manifest.dependencies['create-anchor']).toBe(path);
    expect(text('compose.yaml')).toContain('by a path');
  });

  it.each([
    ['quotes', `A "B" 'C' \\ D`],
    ['shell characters', '$(rm -rf /) `x` $HOME; & | > #'],
    ['markup', '<script>alert(1)</script> <%= x %> {{y}}'],
    ['unicode', 'Ünïted 銀行 🏦 عربي'],
    ['markdown', '# *a* _b_ [c](d)'],
    ['a name that looks like TOML', 'x" \n[network]'.replace('\n', ' ')],
  ])('holds an organization with %s as it is', (_what, name) => {
    const { toml, files } = planned({ name });
    expect(toml.organization).toEqual({ name });
    const rendered = files.filter(({ path }) => !path.endsWith('.ts'));
    expect(rendered.every(({ text }) => !text.includes('undefined'))).toBe(true);
  });

  it.each([
    ["/tmp/it's $(here)", 'it-s-here'],
    ['/tmp/Ünïted', 'u-ni-ted'],
    ['/tmp/銀行', 'my-anchor'],
    ['/tmp/.hidden', 'hidden'],
    ['/tmp/node_modules', 'my-anchor'],
    ['/tmp/UPPER case', 'upper-case'],
    [join('/tmp', 'x'.repeat(250)), 'x'.repeat(100)],
  ])('gives %s a package name that npm takes', (directory, expected) => {
    const { manifest } = planned({ directory });
    expect(manifest.name).toBe(expected);
    expect(manifest.name).toMatch(/^[a-z0-9][a-z0-9-]*$/);
  });
});
