import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { migrate, migrationStatus, openDatabase } from '../../src/database/index.ts';
import { silentLog } from '../../src/kernel/log.ts';

it('opens and migrates', async () => {
  const root = mkdtempSync(join(tmpdir(), 'db-'));
  const db = await openDatabase({ url: 'sqlite:data/a.db', root, log: silentLog });
  console.time('m');
  expect(await migrate(db)).toEqual(['0001-initial']);
  console.timeEnd('m');
  expect(await migrate(db)).toEqual([]);
  console.log(await migrationStatus(db), await db.nowMs());
  await db.close();
});
