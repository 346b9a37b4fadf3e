import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { describeDatabases, type TestDatabase } from '../support/databases.ts';
import { at } from './samples.ts';

const PROGRAM = join(import.meta.dirname, 'process.ts');

/** A process of its own that opens the database and does what its arguments say. */
function start(test: TestDatabase, ...parameters: string[]): ChildProcess {
  return spawn(process.execPath, ['--import', 'jiti/register', PROGRAM, test.url, test.root, ...parameters], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
}

async function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode;
}

async function line(child: ChildProcess): Promise<string> {
  for await (const text of createInterface({ input: child.stdout as NodeJS.ReadableStream })) return text;
  return '';
}

const names = async (test: TestDatabase): Promise<string[]> =>
  (await test.db.read.selectFrom('cursors').select('name').orderBy('name').execute()).map(({ name }) => name);

describeDatabases('several processes', (test) => {
  it('lose no update to each other', async () => {
    await test.db.read.insertInto('cursors').values({ name: 'count', cursor: '0', updated_at: at }).execute();
    const children = [start(test, 'count', '100'), start(test, 'count', '100')];
    expect(await Promise.all(children.map(ended))).toEqual([0, 0]);
    const row = await test.db.read.selectFrom('cursors').select('cursor').executeTakeFirstOrThrow();
    expect(row.cursor).toBe('200');
  });

  it('leave nothing of a transaction in which one was killed, and nothing locked', async () => {
    await test.db.read.deleteFrom('cursors').execute();
    const child = start(test, 'half');
    expect(await line(child)).toBe('written');
    expect(await names(test)).toEqual([]);
    child.kill('SIGKILL');
    await ended(child);
    await test.db.write((trx) =>
      trx.insertInto('cursors').values({ name: 'after', cursor: '', updated_at: at }).execute(),
    );
    expect(await names(test)).toEqual(['after']);
  });

  it('see at once what another has committed', async () => {
    await test.db.read.deleteFrom('cursors').execute();
    const child = start(test, 'one');
    expect(await line(child)).toBe('written');
    expect(await names(test)).toEqual(['one']);
    expect(await ended(child)).toBe(0);
  });
});
