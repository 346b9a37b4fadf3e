import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadPostgres, loadSqlite, sqliteRange, thisHost, usableSqlite } from '../../src/database/drivers.ts';

const OLD_NODE = { nodeApi: 9, nodeVersion: '20.20.2' };
const NEW_NODE = { nodeApi: 10, nodeVersion: '24.21.0' };

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'anchor-drivers-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** A package in the project's node_modules whose loading has the given effect. */
function install(name: string, version: string, source: string, base = root): void {
  const folder = join(base, 'node_modules', name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, version, main: 'index.js' }));
  writeFileSync(join(folder, 'index.js'), source);
}

const DRIVER = (name: string): string => `module.exports = class ${name} { close() {} };`;

describe('database drivers', () => {
  it("takes the project's own copy first", () => {
    install('better-sqlite3', '12.99.0', DRIVER('Own'));
    expect(loadSqlite({ root, ...OLD_NODE }).name).toBe('Own');
  });

  it('takes our copy where the project has none', () => {
    const driver = loadSqlite(thisHost(root));
    const db = new driver(':memory:');
    expect(db.open).toBe(true);
    db.close();
    expect(typeof loadPostgres(thisHost(root)).Pool).toBe('function');
  });

  it('never loads better-sqlite3 13 on a Node that it would crash', () => {
    install('better-sqlite3', '13.2.0', 'process.exit(139);');
    const own = join(root, 'ours', 'file.js');
    install('better-sqlite3', '12.11.1', DRIVER('Ours'), join(root, 'ours'));
    expect(loadSqlite({ root, own, ...OLD_NODE }).name).toBe('Ours');
    const found = [{ major: 13 }, { major: 12 }];
    expect(usableSqlite(found, 9)).toEqual([{ major: 12 }]);
    expect(usableSqlite([{ major: 13 }], 9)).toEqual([]);
  });

  it('prefers 13 where it runs, wherever it is installed', () => {
    expect(usableSqlite([{ major: 12 }, { major: 13 }, { major: 12 }], 10)).toEqual([
      { major: 13 },
      { major: 12 },
      { major: 12 },
    ]);
  });

  it('names the version for the Node that runs', () => {
    expect(sqliteRange(OLD_NODE.nodeApi)).toBe('^12.11.1');
    expect(sqliteRange(NEW_NODE.nodeApi)).toBe('^13.2.0');
  });

  it('tells what to install when there is none, and what a build needs', () => {
    const own = join(root, 'elsewhere', 'file.js');
    const fault = (load: () => unknown): { code: string; hint: string } => {
      try {
        load();
      } catch (error) {
        return error as { code: string; hint: string };
      }
      throw new Error('nothing was thrown');
    };
    const old = fault(() => loadSqlite({ root, own, ...OLD_NODE }));
    expect(old.code).toBe('DATABASE_DRIVER_MISSING');
    expect(old.hint).toMatch(/npm install better-sqlite3@\^12\.11\.1 .*compiler.*Python/);
    const modern = fault(() => loadSqlite({ root, own, ...NEW_NODE }));
    expect(modern.hint).toBe('Run: npm install better-sqlite3@^13.2.0');
    const postgres = fault(() => loadPostgres({ root, own, ...OLD_NODE }));
    expect(postgres).toMatchObject({ code: 'DATABASE_DRIVER_MISSING', hint: 'Run: npm install pg' });
    install('better-sqlite3', '13.2.0', 'process.exit(139);');
    const unsuited = fault(() => loadSqlite({ root, own, ...OLD_NODE }));
    expect(unsuited.code).toBe('DATABASE_DRIVER_UNSUITED');
    expect(unsuited.hint).toContain('npm install better-sqlite3@^12.11.1');
    install('better-sqlite3', '12.11.1', 'throw new Error("Could not locate the bindings file");');
    const broken = fault(() => loadSqlite({ root, own, ...OLD_NODE }));
    expect(broken.code).toBe('DATABASE_DRIVER_BROKEN');
    expect(broken.hint).toContain('npm rebuild better-sqlite3');
    expect(broken.hint).toContain('allowScripts');
  });

  it('goes on to the next copy when one is broken', () => {
    install('better-sqlite3', '12.99.0', 'throw new Error("Could not locate the bindings file");');
    const own = join(root, 'ours', 'file.js');
    install('better-sqlite3', '12.11.1', DRIVER('Ours'), join(root, 'ours'));
    expect(loadSqlite({ root, own, ...OLD_NODE }).name).toBe('Ours');
  });
});
