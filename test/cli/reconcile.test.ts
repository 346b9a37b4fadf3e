import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { openDatabase } from '../../src/database/index.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { createTestProject, type TestProject } from '../support/project.ts';

const HASH = 'ab'.repeat(32);

describe('anchor reconcile, wrong use', () => {
  const nowhere = mkdtempSync(join(tmpdir(), 'no-project-'));
  afterAll(() => rmSync(nowhere, { recursive: true, force: true }));

  const run = async (...argv: string[]) => {
    let stdout = '';
    const status = await main(['reconcile', '--json', ...argv], {
      env: {},
      cwd: nowhere,
      stdout: (text) => {
        stdout += text;
      },
      stderr: () => {},
      interactive: false,
      color: false,
    });
    return { status, code: JSON.parse(stdout).error.code };
  };

  const cases: [string[], string][] = [
    [['--since', 'yesterday'], 'OPTION_INVALID'],
    [['--since', '0'], 'OPTION_INVALID'],
    [['--since', '2026-13-01'], 'OPTION_INVALID'],
    [['--accept', HASH], 'REASON_MISSING'],
    [['--accept', HASH, '--reason', ' '], 'REASON_MISSING'],
    [['--accept', HASH, '--reason', 'x'.repeat(501)], 'REASON_MISSING'],
    [['--accept', HASH.slice(1), '--reason', 'mine'], 'OPTION_INVALID'],
    [['--accept', `${HASH},`, '--reason', 'mine'], 'OPTION_INVALID'],
    [['--reason', 'mine'], 'OPTION_INVALID'],
    [['--since', '5', '--accept', HASH, '--reason', 'mine'], 'OPTIONS_CONFLICT'],
    [['extra'], 'ARGUMENT_UNEXPECTED'],
  ];
  it.each(cases)('%j is refused with %s before any project is looked for', async (argv, code) => {
    expect(await run(...argv)).toEqual({ status: 2, code });
  });

  it('well spelled, it asks for a project', async () => {
    expect(await run('--since', '2026-01-31T12:00:00Z')).toEqual({ status: 1, code: 'PROJECT_NOT_FOUND' });
    expect(await run('--accept', HASH, '--reason', 'mine')).toEqual({ status: 1, code: 'PROJECT_NOT_FOUND' });
  });
});

describe('anchor reconcile in a project', () => {
  let project: TestProject;
  beforeAll(async () => {
    project = await createTestProject();
  }, 120_000);
  afterAll(() => project?.remove());

  it('agrees on a project as setup leaves it, and after a deposit and a withdrawal', async () => {
    const fresh = await project.anchor(['reconcile', '--json']);
    expect(JSON.parse(fresh.stdout)).toEqual({ ok: true, differences: [] });
    expect(fresh.code).toBe(0);
    await project.serve();
    project.start(['run', 'all', '--loop', '--interval', '0.5']);
    for (const [kind, amount] of [
      ['deposit', '100'],
      ['withdraw', '50'],
    ] as const) {
      const done = await project.anchor(['wallet', kind, amount, 'SRT', '--json']);
      expect(done.code, done.stderr).toBe(0);
    }
    const after = await project.anchor(['reconcile', '--json']);
    expect(JSON.parse(after.stdout)).toEqual({ ok: true, differences: [] });
    expect(after.code).toBe(0);
    const text = await project.anchor(['reconcile', '--since', '2']);
    expect(text.stdout).toContain('All agree.');
  }, 120_000);

  it('exits with 1 where signing is frozen, and says how it ends', async () => {
    const url = 'sqlite:data/anchor-sandbox.db';
    const db = await openDatabase({ url, root: project.dir, log: silentLog });
    const known = await db.read.selectFrom('envelopes').select('hash').executeTakeFirstOrThrow();
    const account = 'GAAA';
    const at = '2026-01-01T00:00:00.000Z';
    const value = JSON.stringify({ hash: known.hash, account, at });
    await db.read.insertInto('facts').values({ name: 'freeze:signing', value, updated_at: at }).execute();
    const frozen = await project.anchor(['reconcile', '--json']);
    expect(frozen.code).toBe(1);
    expect(JSON.parse(frozen.stdout)).toMatchObject({
      ok: false,
      differences: [{ kind: 'frozen', id: account, hint: expect.stringContaining(`--accept ${known.hash}`) }],
    });
    const lifted = await project.anchor([
      'reconcile',
      '--accept',
      known.hash,
      '--reason',
      'looked at',
      '--json',
    ]);
    expect(JSON.parse(lifted.stdout)).toEqual({ ok: true, differences: [] });
    expect(lifted.code).toBe(0);
    const notes = await db.read
      .selectFrom('facts')
      .select('value')
      .where('name', 'like', 'freeze:lifted:%')
      .execute();
    expect(notes.map((note) => JSON.parse(note.value))).toMatchObject([
      { by: expect.stringMatching(/^operator:/), reason: `${known.hash}: looked at`, freeze: { account } },
    ]);
    await db.close();
  }, 120_000);
});
