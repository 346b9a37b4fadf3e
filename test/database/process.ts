import { type Database, openDatabase } from '../../src/database/index.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { at } from './samples.ts';

/** The other process of `processes.test.ts`. */
const [url = '', root = '', what, times = '1'] = process.argv.slice(2);

async function count(db: Database): Promise<void> {
  for (let time = 0; time < Number(times); time++) {
    await db.write(async (trx) => {
      const query = trx.selectFrom('cursors').select('cursor').where('name', '=', 'count');
      const { cursor } = await (db.dialect === 'postgres'
        ? query.forUpdate()
        : query
      ).executeTakeFirstOrThrow();
      // gives the other process its chance to come in between
      await new Promise((done) => setImmediate(done));
      const next = String(Number(cursor) + 1);
      await trx.updateTable('cursors').set({ cursor: next }).where('name', '=', 'count').execute();
    });
  }
}

const insert = (db: Pick<Database['read'], 'insertInto'>, name: string) =>
  db.insertInto('cursors').values({ name, cursor: '', updated_at: at }).execute();

const db = await openDatabase({ url, root, log: silentLog });
if (what === 'count') await count(db);
if (what === 'one') {
  await insert(db.read, 'one');
  console.log('written');
}
if (what === 'half') {
  await db.write(async (trx) => {
    await insert(trx, 'half');
    console.log('written');
    // until this process is killed
    await new Promise((done) => setTimeout(done, 600_000));
  });
}
await db.close();
