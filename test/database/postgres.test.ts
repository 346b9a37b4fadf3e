import { connect, createServer, type Server, type Socket } from 'node:net';
import { sql } from 'kysely';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/index.ts';
import { DATABASES, useDatabase } from '../support/databases.ts';
import { at } from './samples.ts';

const insert = (db: Pick<Database['read'], 'insertInto'>, name: string) =>
  db.insertInto('cursors').values({ name, cursor: '', updated_at: at }).execute();

const names = async (db: Database, prefix: string): Promise<string[]> => {
  const rows = await db.read
    .selectFrom('cursors')
    .select('name')
    .where('name', 'like', `${prefix}%`)
    .execute();
  return rows.map(({ name }) => name).sort();
};

/** Passes everything on, and cuts the line once after the server has been sent `word` and has answered. */
async function cutting(url: string, word: string): Promise<{ url: string; close: () => void }> {
  const target = new URL(url);
  const open = new Set<Socket>();
  let left = 1;
  const server: Server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    let cut = false;
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => open.delete(socket));
    }
    client.on('data', (data) => {
      if (left > 0 && data.includes(word)) {
        left--;
        cut = true;
      }
      upstream.write(data);
    });
    upstream.on('data', (data) => {
      if (cut) client.destroy();
      else client.write(data);
    });
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const through = new URL(url);
  through.port = String((server.address() as { port: number }).port);
  const close = () => {
    for (const socket of open) socket.destroy();
    server.close();
  };
  return { url: through.href, close };
}

const available = DATABASES.some((database) => database.kind === 'postgres' && database.available);

describe.skipIf(!available)('PostgreSQL', () => {
  const test = useDatabase('postgres');

  it('says COMMIT_UNKNOWN when the answer to a commit is lost, which may have taken effect', async () => {
    const line = await cutting(test.url, 'commit\0');
    const db = await test.again({ url: line.url });
    const work = db.write((trx) => insert(trx, 'cut/1'));
    await expect(work).rejects.toMatchObject({ code: 'COMMIT_UNKNOWN', httpStatus: 503 });
    await expect.poll(() => names(test.db, 'cut/')).toEqual(['cut/1']);
    // the broken connection is not used again
    await db.write((trx) => insert(trx, 'cut/2'));
    expect(await names(test.db, 'cut/')).toEqual(['cut/1', 'cut/2']);
    await db.close();
    line.close();
  });

  it('says DATABASE_UNAVAILABLE when the line is cut before the commit, and keeps nothing', async () => {
    const line = await cutting(test.url, 'insert into');
    const db = await test.again({ url: line.url });
    const work = db.write((trx) => insert(trx, 'early/1'));
    await expect(work).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    await expect.poll(() => names(test.db, 'early/')).toEqual([]);
    expect(await names(db, 'early/')).toEqual([]);
    await db.close();
    line.close();
  });

  it('tries again after a deadlock', async () => {
    await insert(test.db.read, 'lock/a');
    await insert(test.db.read, 'lock/b');
    let runs = 0;
    let meet = () => {};
    const met = new Promise<void>((done) => {
      meet = done;
    });
    const touch = (first: string, second: string) =>
      test.db.write(async (trx) => {
        const update = (name: string) =>
          trx.updateTable('cursors').set({ cursor: first }).where('name', '=', name).execute();
        await update(first);
        if (++runs === 2) meet();
        await met;
        await update(second);
      });
    await Promise.all([touch('lock/a', 'lock/b'), touch('lock/b', 'lock/a')]);
    expect(runs).toBe(3);
  });

  it('says DATABASE_BUSY when a lock is not released in time', async () => {
    await insert(test.db.read, 'held');
    const holder = new pg.Client({ connectionString: test.url });
    await holder.connect();
    await holder.query('begin');
    await holder.query("update cursors set cursor = 'x' where name = 'held'");
    const work = test.db.write(async (trx) => {
      await sql`set local lock_timeout = 50`.execute(trx);
      await trx.updateTable('cursors').set({ cursor: 'y' }).where('name', '=', 'held').execute();
    });
    await expect(work).rejects.toMatchObject({ code: 'DATABASE_BUSY' });
    await holder.end();
  });

  it('ends what waits or runs for too long', async () => {
    const { rows } = await sql<Record<string, string>>`select
      current_setting('lock_timeout') as lock, current_setting('statement_timeout') as statement,
      current_setting('idle_in_transaction_session_timeout') as idle`.execute(test.db.read);
    expect(rows).toEqual([{ lock: '10s', statement: '30s', idle: '1min' }]);
    const { rows: levels } = await test.db.write((trx) =>
      sql<{ level: string }>`select current_setting('transaction_isolation') as level`.execute(trx),
    );
    expect(levels).toEqual([{ level: 'read committed' }]);
  });

  it('leaves the parsers of other users of pg alone', async () => {
    const other = new pg.Client({ connectionString: test.url });
    await other.connect();
    const { rows } = await other.query('select 1::bigint as n');
    expect(rows).toEqual([{ n: '1' }]);
    await other.end();
  });
});
