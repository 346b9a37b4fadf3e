import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openDatabase, parseDatabaseUrl } from '../../src/database/index.ts';
import { silentLog } from '../../src/kernel/log.ts';

const root = mkdtempSync(join(tmpdir(), 'anchor-url-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const open = (url: string) => openDatabase({ url, root, log: silentLog });

describe('DATABASE_URL', () => {
  it('names a file from the project on, or an absolute one', () => {
    expect(parseDatabaseUrl('sqlite:data/a.db', '/p')).toEqual({ dialect: 'sqlite', path: '/p/data/a.db' });
    expect(parseDatabaseUrl('sqlite:/var/a b.db', '/p')).toEqual({ dialect: 'sqlite', path: '/var/a b.db' });
    expect(parseDatabaseUrl('sqlite:///var/a.db', '/p')).toEqual({ dialect: 'sqlite', path: '/var/a.db' });
  });

  it('shows the address of PostgreSQL without its password', () => {
    for (const scheme of ['postgres', 'postgresql']) {
      const url = `${scheme}://me:p%40ss@db.example:5433/anchor?sslmode=require`;
      expect(parseDatabaseUrl(url, '/p')).toEqual({
        dialect: 'postgres',
        url,
        shown: 'postgres://db.example:5433/anchor',
      });
    }
  });

  it('is refused where we know nothing of it, and is not repeated', async () => {
    const urls = [
      '',
      'data/a.db',
      'sqlite:',
      'sqlite::memory:',
      'sqlite://host/a',
      'mongodb://u:secret@h/d',
      'postgres:x',
    ];
    for (const url of urls) {
      const fault = await open(url).catch((error: unknown) => error);
      expect(fault).toMatchObject({ code: 'DATABASE_URL_INVALID', exitStatus: 2 });
      expect(JSON.stringify(fault) + String(fault)).not.toContain('secret');
    }
  });

  it('is refused plainly for MySQL', async () => {
    for (const url of ['mysql://u:secret@h/d', 'mysql2://h/d', 'mariadb://h/d']) {
      await expect(open(url)).rejects.toMatchObject({ code: 'DATABASE_MYSQL_UNSUPPORTED', exitStatus: 2 });
    }
  });

  it('makes folder and file of SQLite for their owner only', async () => {
    const db = await open('sqlite:deep/er/a.db');
    expect(statSync(join(root, 'deep/er/a.db')).mode & 0o777).toBe(0o600);
    await db.close();
  });

  it('tells of a file that is no database, or a place that is no folder', async () => {
    writeFileSync(
      join(root, 'text.db'),
      'this is a text and not a database, whatever its name says'.repeat(20),
    );
    await expect(open('sqlite:text.db')).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    await expect(open('sqlite:text.db/a.db')).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
  });

  it('tells of a PostgreSQL that does not answer, without the password', async () => {
    const fault = await open('postgres://me:secret@127.0.0.1:1/d').catch((error: unknown) => error);
    expect(fault).toMatchObject({ code: 'DATABASE_UNAVAILABLE', httpStatus: 503 });
    expect(String(fault)).not.toContain('secret');
  });
});
