import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { readClients } from '../../src/config/clients.ts';
import { Faults } from '../../src/config/faults.ts';
import { systemIds } from '../../src/kernel/ids.ts';
import { keyPairFromSeed, randomKeyPair, randomSeed } from '../../src/stellar/keys.ts';
import { projectFolder } from '../config/project-folder.ts';
import { asset, encryptedSeed, polarisDatabase, transaction } from './polaris-database.ts';

const SECRET = 'django-secret';
const seed = randomSeed(systemIds);
const account = keyPairFromSeed(seed).publicKey;
const issuer = randomKeyPair(systemIds).publicKey;
const id = '00000000-0000-4000-8000-000000000001';

let root: string;

async function run(args: string[], env: Record<string, string> = {}) {
  let [stdout, stderr] = ['', ''];
  const io = {
    env,
    cwd: root,
    stdout: (text: string) => {
      stdout += text;
    },
    stderr: (text: string) => {
      stderr += text;
    },
    interactive: false,
    color: false,
  };
  return { status: await main(args, io), stdout, stderr };
}

beforeEach(async () => {
  root = projectFolder({
    '.env': [
      `ENCRYPTION_KEY=k1:${Buffer.alloc(32, 3).toString('base64')}`,
      `SIGNING_SEED=${randomSeed(systemIds)}`,
      `SERVER_JWT_KEY=${'j'.repeat(40)}`,
      'ADMIN_PASSWORD_HASH=',
      `DISTRIBUTION_SEED=${seed}`,
      '',
    ].join('\n'),
  });
  expect(await run(['migrate'])).toMatchObject({ status: 0 });
});

describe('anchor import polaris', () => {
  it('imports once, and exits with 1 as long as something is left out', async () => {
    const polaris = await polarisDatabase('sqlite', join(root, 'polaris.sqlite3'));
    await polaris.insert('polaris_asset', asset({ issuer, distribution_seed: encryptedSeed(seed, SECRET) }));
    await polaris.insert(
      'polaris_transaction',
      transaction({ id, stellar_account: account, status: 'pending_anchor' }),
    );
    const command = ['import', 'polaris', 'sqlite:polaris.sqlite3'];
    const first = await run([...command, '--json'], { POLARIS_SECRET_KEY: SECRET });
    expect(first.status, first.stdout + first.stderr).toBe(1);
    expect(JSON.parse(first.stdout)).toMatchObject({ dry_run: false, imported: 1, left_out: 1 });
    await polaris.run(`update polaris_transaction set status = 'completed'`);
    await polaris.close();
    const second = await run(command, { POLARIS_SECRET_KEY: SECRET });
    expect(second.status, second.stdout + second.stderr).toBe(0);
    const shown = await run(['tx', 'show', id, '--json']);
    expect(JSON.parse(shown.stdout)).toMatchObject({ id, status: 'completed' });
    for (const text of [first.stdout, first.stderr, second.stdout, second.stderr]) {
      expect(text).not.toContain(seed);
      expect(text).not.toContain(SECRET);
    }
  });

  it('says what is wrong with the address', async () => {
    const absent = await run(['import', 'polaris', 'absent.sqlite3', '--json']);
    expect(absent.status).toBe(1);
    expect(JSON.parse(absent.stdout).error.code).toBe('POLARIS_DATABASE_UNREADABLE');
    writeFileSync(join(root, 'text.db'), 'this is no database, however long it may be'.repeat(100));
    const text = await run(['import', 'polaris', 'text.db', '--json']);
    expect(JSON.parse(text.stdout).error.code).toBe('POLARIS_DATABASE_UNREADABLE');
    expect((await run(['import', 'polaris'])).status).toBe(2);
    expect((await run(['import', 'polaris', 'x', '--distribution', 'GABC'])).status).toBe(2);
  });
});

describe('anchor import anchor-platform', () => {
  it('appends wallets to clients.toml, keeps the key and takes it out of .env', async () => {
    const before = '# ours\n[[clients]]\nname = "mine"\ndomains = ["mine.example.com"]\n';
    writeFileSync(join(root, 'clients.toml'), before);
    writeFileSync(
      join(root, 'c.yaml'),
      'items:\n- {name: w, type: noncustodial, domains: [w.example.com]}\n',
    );
    writeFileSync(
      join(root, 'a.yaml'),
      `items:\n- id: stellar:SRT:${issuer}\n  distribution_account: ${account}\n  sep24: {enabled: true, deposit: {enabled: true}}\n`,
    );
    const command = ['import', 'anchor-platform', '--assets', 'a.yaml', '--clients', 'c.yaml', '--json'];
    expect((await run([...command, '--dry-run'])).status).toBe(0);
    expect(readFileSync(join(root, 'clients.toml'), 'utf8')).toBe(before);
    const first = await run(command);
    expect(first.status, first.stdout + first.stderr).toBe(0);
    expect(JSON.parse(first.stdout)).toMatchObject({ imported: 2 });
    expect(readFileSync(join(root, 'clients.toml'), 'utf8').startsWith(before)).toBe(true);
    expect(readClients(root, new Faults()).map(({ name }) => name)).toEqual(['mine', 'w']);
    expect(readFileSync(join(root, '.env'), 'utf8')).toContain('DISTRIBUTION_SEED=\n');
    expect(JSON.parse((await run(command)).stdout)).toMatchObject({ imported: 0, there: 2 });
    expect(JSON.parse((await run(['assets', '--json'])).stdout).assets).toMatchObject([
      { code: 'SRT', distribution: account },
    ]);
  });

  it('is used wrongly without a file, or with one that is none', async () => {
    expect((await run(['import', 'anchor-platform'])).status).toBe(2);
    expect((await run(['import', 'anchor-platform', '--assets', 'absent.yaml'])).status).toBe(2);
    writeFileSync(join(root, 'a.yaml'), 'items: &x\n');
    const wrong = await run(['import', 'anchor-platform', '--assets', 'a.yaml', '--json']);
    expect(wrong.status).toBe(2);
    expect(JSON.parse(wrong.stdout).error.code).toBe('IMPORT_FILE_UNREADABLE');
  });
});
