import { type Kysely, sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { migrate, migrationStatus, type ProjectMigration } from '../../src/database/index.ts';
import { MIGRATIONS } from '../../src/database/migrations/index.ts';
import { createDatabase, DATABASES, withDatabase } from '../support/databases.ts';

const ours = MIGRATIONS.map(({ name }) => name);

const branches: ProjectMigration = {
  name: '001-branches',
  up: async (db: Kysely<never>) => {
    await db.schema.createTable('branches').addColumn('id', 'text').execute();
  },
};

const failing: ProjectMigration = {
  name: '002-failing',
  up: async (db: Kysely<never>) => {
    await db.schema.createTable('half_made').addColumn('id', 'text').execute();
    throw new Error('no');
  },
};

for (const { kind, available } of DATABASES) {
  describe.skipIf(!available)(`migrations on ${kind}`, () => {
    it('are all pending in an empty database, and none afterwards', async () => {
      const test = await createDatabase(kind, { empty: true });
      expect(await migrationStatus(test.db)).toEqual({ applied: [], pending: ours });
      expect(await migrate(test.db)).toEqual(ours);
      expect(await migrate(test.db)).toEqual([]);
      expect(await migrationStatus(test.db)).toEqual({ applied: ours, pending: [] });
      await test.drop();
    });

    it('run once, however many processes start at the same time', async () => {
      const test = await createDatabase(kind, { empty: true });
      const others = await Promise.all([test.again(), test.again(), test.again()]);
      const applied = await Promise.all([test.db, ...others].map((db) => migrate(db)));
      // whichever of them took one
      expect(applied.flat().sort()).toEqual(ours);
      await test.drop();
    });

    it("run the project's own after ours, once", async () => {
      await withDatabase(kind, async ({ db }) => {
        const options = { project: [branches] };
        expect(await migrationStatus(db, options)).toEqual({
          applied: ours,
          pending: ['project/001-branches'],
        });
        expect(await migrate(db, options)).toEqual(['project/001-branches']);
        expect(await migrate(db, options)).toEqual([]);
        await sql`insert into branches (id) values ('1')`.execute(db.read);
      });
    });

    it('leave nothing of one that fails, and keep those before it', async () => {
      await withDatabase(kind, async ({ db }) => {
        const options = { project: [branches, failing] };
        await expect(migrate(db, options)).rejects.toMatchObject({ code: 'MIGRATION_FAILED' });
        await expect(sql`select * from half_made`.execute(db.read)).rejects.toThrow();
        expect((await migrationStatus(db, options)).pending).toEqual(['project/002-failing']);
        const mended = { project: [branches, { ...failing, up: async () => {} }] };
        expect(await migrate(db, mended)).toEqual(['project/002-failing']);
      });
    });

    it('refuse one that comes before another that was applied, and one that is gone', async () => {
      await withDatabase(kind, async ({ db }) => {
        await migrate(db, { project: [branches] });
        const early = { name: '000-early', up: async () => {} };
        await expect(migrate(db, { project: [early, branches] })).rejects.toMatchObject({
          code: 'MIGRATION_ORDER',
        });
        await expect(migrate(db, { project: [failing] })).rejects.toMatchObject({ code: 'MIGRATION_ORDER' });
      });
    });

    it('refuse a database of a newer version', async () => {
      await withDatabase(kind, async ({ db }) => {
        await sql`insert into anchor_migrations (name, applied_at) values ('9999-later', '')`.execute(
          db.read,
        );
        await expect(migrationStatus(db)).rejects.toMatchObject({ code: 'DATABASE_TOO_NEW' });
        await expect(migrate(db)).rejects.toMatchObject({ code: 'DATABASE_TOO_NEW' });
      });
    });
  });
}
