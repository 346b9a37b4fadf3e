import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runJobLoop, runJobOnce } from '../../src/jobs/index.ts';
import type { Worker } from '../../src/transfers/index.ts';
import { createDatabase, DATABASES, type TestDatabase } from '../support/databases.ts';
import { type Money, openMoney } from '../support/money.ts';

const on = (machine: string, boot: string): Worker => ({
  owner: `1:${machine}`,
  machine,
  boot,
  isGone: () => false,
});

describe.each(DATABASES.filter((one) => one.available))('two machines on $kind', ({ kind }) => {
  let test: TestDatabase;
  let money: Money;
  beforeAll(async () => {
    test = await createDatabase(kind);
    money = await openMoney(test);
  });
  afterAll(async () => {
    await money.close();
    await test.drop();
  });
  const { signal } = new AbortController();
  const once = (worker: Worker) => runJobOnce(money.ctx, 'expire-transactions', { signal, worker });
  const refused = { code: 'SQLITE_ON_TWO_MACHINES' };

  it('R14: SQLite refuses the second one plainly, PostgreSQL takes any number', async () => {
    await once(on('here', 'boot-1'));
    // another container of the same host, and the same host again
    await once(on('here/2', 'boot-1'));
    const other = once(on('there', 'boot-2'));
    const loop = new AbortController();
    const looping = runJobLoop(money.ctx, 'expire-transactions', {
      signal: loop.signal,
      worker: on('there', 'boot-2'),
      onPass: () => loop.abort(),
    });
    if (kind === 'postgres') {
      await other;
      await looping;
      return;
    }
    await expect(other).rejects.toMatchObject(refused);
    await expect(looping).rejects.toMatchObject(refused);
    // it has ended there: a minute by the database's clock
    money.clock.advance(61_000);
    await once(on('there', 'boot-2'));
    await expect(once(on('here', 'boot-1'))).rejects.toMatchObject(refused);
  });
});
