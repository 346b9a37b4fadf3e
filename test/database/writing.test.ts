import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/index.ts';
import type { Clock } from '../../src/kernel/clock.ts';
import { describeDatabases, useDatabase } from '../support/databases.ts';
import { at, insertSamples } from './samples.ts';

const setCursor = (db: Pick<Database['read'], 'insertInto'>, name: string, cursor: string) =>
  db.insertInto('cursors').values({ name, cursor, updated_at: at }).execute();

async function cursors(db: Database, prefix: string): Promise<string[]> {
  const rows = await db.read
    .selectFrom('cursors')
    .select('name')
    .where('name', 'like', `${prefix}%`)
    .execute();
  return rows.map(({ name }) => name).sort();
}

function gate(): { open: () => void; passed: Promise<void> } {
  let open = () => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, passed };
}

describeDatabases('write()', (test) => {
  it('keeps all of it', async () => {
    const answer = await test.db.write(async (trx) => {
      await setCursor(trx, 'all/1', 'x');
      await setCursor(trx, 'all/2', 'x');
      return 'done';
    });
    expect(answer).toBe('done');
    expect(await cursors(test.db, 'all/')).toEqual(['all/1', 'all/2']);
  });

  it('keeps nothing when the work throws, and passes on what was thrown', async () => {
    const fault = { my: 'fault' };
    const work = test.db.write(async (trx) => {
      await setCursor(trx, 'none/1', 'x');
      throw fault;
    });
    await expect(work).rejects.toBe(fault);
    expect(await cursors(test.db, 'none/')).toEqual([]);
  });

  it('keeps nothing when a statement is refused', async () => {
    await setCursor(test.db.read, 'refused/1', 'x');
    const work = test.db.write(async (trx) => {
      await setCursor(trx, 'refused/2', 'x');
      await setCursor(trx, 'refused/1', 'x');
    });
    await expect(work).rejects.toThrow();
    expect(await cursors(test.db, 'refused/')).toEqual(['refused/1']);
  });

  it('shows readers nothing of a transaction that has not ended', async () => {
    const wrote = gate();
    const finish = gate();
    const work = test.db.write(async (trx) => {
      await setCursor(trx, 'half/1', 'x');
      wrote.open();
      await finish.passed;
      await setCursor(trx, 'half/2', 'x');
    });
    await wrote.passed;
    expect(await cursors(test.db, 'half/')).toEqual([]);
    const other = await test.again();
    expect(await cursors(other, 'half/')).toEqual([]);
    finish.open();
    await work;
    expect(await cursors(test.db, 'half/')).toEqual(['half/1', 'half/2']);
  });

  it('does not take a query of someone else into a transaction that is rolled back', async () => {
    const begun = gate();
    const finish = gate();
    const work = test.db.write(async (trx) => {
      await setCursor(trx, 'join/inside', 'x');
      begun.open();
      await finish.passed;
      throw new Error('rolled back');
    });
    await begun.passed;
    const outside = setCursor(test.db.read, 'join/outside', 'x');
    const another = test.db.write((trx) => setCursor(trx, 'join/another', 'x'));
    finish.open();
    await expect(work).rejects.toThrow('rolled back');
    await Promise.all([outside, another]);
    expect(await cursors(test.db, 'join/')).toEqual(['join/another', 'join/outside']);
  });

  it('lets exactly one of many win a compare-and-set', async () => {
    const { transactionId } = await insertSamples(test.db);
    const other = await test.again();
    const attempts = Array.from({ length: 20 }, (_, index) =>
      (index % 2 === 0 ? test.db : other).write(async (trx) => {
        const result = await trx
          .updateTable('transactions')
          .set((row) => ({ status: 'pending_user_transfer_start', version: row('version', '+', 1) }))
          .where('id', '=', transactionId)
          .where('status', '=', 'incomplete')
          .where('version', '=', 1)
          .executeTakeFirst();
        return result.numUpdatedRows;
      }),
    );
    const updated = await Promise.all(attempts);
    expect(updated.filter((count) => count === 1n)).toHaveLength(1);
    expect(updated.filter((count) => count === 0n)).toHaveLength(19);
  });

  it('loses no update of many at once', async () => {
    await setCursor(test.db.read, 'count', '0');
    const other = await test.again();
    const increments = Array.from({ length: 40 }, (_, index) =>
      (index % 2 === 0 ? test.db : other).write(async (trx) => {
        const locked = trx.selectFrom('cursors').select('cursor').where('name', '=', 'count');
        const query = test.kind === 'postgres' ? locked.forUpdate() : locked;
        const { cursor } = await query.executeTakeFirstOrThrow();
        const next = String(Number(cursor) + 1);
        await trx.updateTable('cursors').set({ cursor: next }).where('name', '=', 'count').execute();
      }),
    );
    await Promise.all(increments);
    const row = await test.db.read
      .selectFrom('cursors')
      .select('cursor')
      .where('name', '=', 'count')
      .executeTakeFirst();
    expect(row?.cursor).toBe('40');
  });

  it('refuses a begin or commit of its user, and takes savepoints', async () => {
    for (const statement of [
      'begin',
      ' BEGIN IMMEDIATE',
      'commit',
      'savepoint a',
      'start transaction',
      'rollback',
    ]) {
      await expect(sql.raw(statement).execute(test.db.read)).rejects.toMatchObject({
        code: 'DATABASE_STATEMENT_REFUSED',
      });
    }
    await test.db.write(async (trx) => {
      await setCursor(trx, 'save/1', 'x');
      await sql`savepoint a`.execute(trx);
      await setCursor(trx, 'save/2', 'x');
      await sql`rollback to savepoint a`.execute(trx);
      await sql`release savepoint a`.execute(trx);
      for (const statement of ['commit', 'rollback', 'begin']) {
        await expect(sql.raw(statement).execute(trx)).rejects.toMatchObject({
          code: 'DATABASE_STATEMENT_REFUSED',
        });
      }
    });
    expect(await cursors(test.db, 'save/')).toEqual(['save/1']);
  });

  it('gives the project its own tables in the same database', async () => {
    interface Own {
      branches: { id: string; name: string };
    }
    const own = test.db.custom<Own>();
    await own.schema.createTable('branches').addColumn('id', 'text').addColumn('name', 'text').execute();
    await own.transaction().execute(async (trx) => {
      await trx.insertInto('branches').values({ id: '1', name: 'Ann' }).execute();
    });
    expect(await own.selectFrom('branches').selectAll().execute()).toEqual([{ id: '1', name: 'Ann' }]);
  });
});

/** Time that passes only by waiting for it. */
function patientClock(): Clock & { slept: number } {
  const clock = {
    slept: 0,
    now: () => clock.slept,
    async sleep(ms: number, signal?: AbortSignal) {
      // long sleeps are time limits: they end when they are no longer wanted, or when all else has been tried
      if (ms >= 10_000) await new Promise<void>((done) => limits(done, signal));
      else clock.slept += ms;
    },
  };
  const limits = (done: () => void, signal?: AbortSignal) => {
    signal?.addEventListener('abort', () => done());
    setImmediate(() => setImmediate(done));
  };
  return clock;
}

describe('SQLite under contention', () => {
  const test = useDatabase('sqlite');

  it('waits for the writer of another process, without stopping this one', async () => {
    const other = await test.again();
    const begun = gate();
    const finish = gate();
    const theirs = other.write(async (trx) => {
      await setCursor(trx, 'busy/theirs', 'x');
      begun.open();
      await finish.passed;
    });
    await begun.passed;
    let ended = false;
    const ours = setCursor(test.db.read, 'busy/ours', 'x').then(() => {
      ended = true;
    });
    // the wait is asynchronous: reading, and other work, goes on
    expect(await cursors(test.db, 'busy/')).toEqual([]);
    await new Promise((done) => setImmediate(done));
    expect(ended).toBe(false);
    finish.open();
    await Promise.all([theirs, ours]);
    expect(await cursors(test.db, 'busy/')).toEqual(['busy/ours', 'busy/theirs']);
  });

  it('gives up with DATABASE_BUSY when the lock is never released, and works again afterwards', async () => {
    const clock = patientClock();
    const waiting = await test.again({ clock });
    const begun = gate();
    const finish = gate();
    const theirs = test.db.write(async () => {
      begun.open();
      await finish.passed;
    });
    await begun.passed;
    const ours = waiting.write((trx) => setCursor(trx, 'late/1', 'x'));
    await expect(ours).rejects.toMatchObject({ code: 'DATABASE_BUSY', httpStatus: 503 });
    expect(clock.slept).toBeGreaterThanOrEqual(10_000);
    finish.open();
    await theirs;
    await waiting.write((trx) => setCursor(trx, 'late/2', 'x'));
    expect(await cursors(test.db, 'late/')).toEqual(['late/2']);
  });

  it('ends a transaction that waits for itself', async () => {
    const db = await test.again({ clock: patientClock() });
    const nested = db.write(async (trx) => {
      await setCursor(trx, 'nested/outer', 'x');
      await db.write((inner) => setCursor(inner, 'nested/inner', 'x'));
    });
    await expect(nested).rejects.toMatchObject({ code: 'DATABASE_BUSY' });
    expect(await cursors(db, 'nested/')).toEqual([]);
    await setCursor(db.read, 'nested/after', 'x');
    expect(await cursors(db, 'nested/')).toEqual(['nested/after']);
  });

  it('goes by the clock it was given', async () => {
    const db = await test.again({ now: () => 1_234_567_890_123 });
    expect(await db.nowMs()).toBe(1_234_567_890_123n);
  });
});
