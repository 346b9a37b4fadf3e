import { expect, it } from 'vitest';
import { migrate } from '../../src/database/index.ts';
import { describeDatabases } from '../support/databases.ts';

describeDatabases('migrations', (test) => {
  it('runs once', async () => {
    expect(await migrate(test.db)).toEqual([]);
    console.log(test.url, await test.db.nowMs());
  });
});
