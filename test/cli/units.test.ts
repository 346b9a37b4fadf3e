import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parse } from 'dotenv';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withValues, writeEnvFile } from '../../src/cli/env-file.ts';
import type { Io } from '../../src/cli/io.ts';
import { createLog } from '../../src/cli/log.ts';
import { printError } from '../../src/cli/output.ts';
import { readSeedLines } from '../../src/cli/seeds.ts';
import { watchProject } from '../../src/cli/watch.ts';
import { AnchorError } from '../../src/kernel/errors.ts';

const SEED = 'SAV76USXIJOBMEQXPANUOQM6F5LIOTLPDIDVRJBFFE2MDJXG24TAPUU7';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cli-units-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function captured(env: Io['env'] = {}, interactive = false) {
  const seen = { stdout: '', stderr: '' };
  const io: Io = {
    env,
    cwd: folder,
    stdout: (text) => {
      seen.stdout += text;
    },
    stderr: (text) => {
      seen.stderr += text;
    },
    interactive,
    color: false,
  };
  return { io, seen };
}

describe('.env', () => {
  it.each([
    ['plain', 'A=1\nSEED=x\nB=2\n'],
    ['spaces around =', 'A = 1\nSEED = x\nB=2\n'],
    ['quotes', `A='1'\nSEED="x"\nB="2"\n`],
    ['Windows line ends', 'A=1\r\nSEED=x\r\nB=2\r\n'],
    ['export', 'export A=1\nexport SEED=x\nexport B=2\n'],
    ['no line end at the end', 'A=1\nB=2\nSEED=x'],
    ['the name twice', 'SEED=y\nA=1\nSEED=x\nB=2'],
    ['a byte order mark', '\uFEFFSEED=x\nA=1\nB=2'],
  ])('with %s: one value changes, all others stay', (_what, text) => {
    const after = withValues(text, { SEED: '', MORE: 'm' });
    expect(parse(after)).toEqual({ A: '1', B: '2', SEED: '', MORE: 'm' });
    expect(after.includes('\r\n')).toBe(text.includes('\r\n'));
    expect(withValues(after, { SEED: '' })).toBe(after);
  });

  it('keeps comments and order', () => {
    expect(withValues('# a\n\nX=1 # why\nSEED=x\n# b\n', { SEED: '' })).toBe(
      '# a\n\nX=1 # why\nSEED=\n# b\n',
    );
  });

  it('is closed to others, also where it was open', () => {
    writeFileSync(join(folder, '.env'), 'A=1\n', { mode: 0o644 });
    writeEnvFile(folder, { B: '2' });
    expect(readFileSync(join(folder, '.env'), 'utf8')).toBe('A=1\nB=2\n');
    expect(statSync(join(folder, '.env')).mode & 0o777).toBe(0o600);
  });
});

describe('seeds on standard input', () => {
  it('come alone or by name', () => {
    expect(readSeedLines(`${SEED}\n`)).toEqual({ distribution: SEED, issuer: null });
    expect(readSeedLines(`ISSUER_SEED=${SEED}\r\n`)).toEqual({ distribution: null, issuer: SEED });
    expect(readSeedLines('')).toEqual({ distribution: null, issuer: null });
  });

  it('are refused when they are none, and not repeated', () => {
    const wrong = `${SEED.slice(0, -1)}A`;
    expect(() => readSeedLines(wrong)).toThrowError(
      expect.objectContaining({ code: 'SEED_INVALID', exitStatus: 2 }),
    );
    expect(() => readSeedLines(wrong)).not.toThrowError(wrong);
  });
});

describe('logs', () => {
  it('are JSON lines with event and fields, errors with code and stack, 64-bit numbers as text', () => {
    const { io, seen } = captured();
    const log = createLog(io).child({ transaction: 'T1' });
    log.info('paid', { amount: 2n ** 63n });
    log.error('failed', { error: new AnchorError({ code: 'X_Y', message: 'no' }) });
    log.debug('not shown');
    const [paid, failed, ...more] = seen.stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(more).toEqual([]);
    expect(paid).toMatchObject({
      level: 'info',
      event: 'paid',
      transaction: 'T1',
      amount: '9223372036854775808',
    });
    expect(failed.error).toMatchObject({ code: 'X_Y', message: 'no' });
    expect(failed.error.stack).toContain('AnchorError');
  });

  it('hold no secret, whoever put it there', () => {
    const token = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJHIn0.c2lnbmF0dXJl';
    for (const interactive of [false, true]) {
      const { io, seen } = captured({}, interactive);
      createLog(io).warn('oops', { url: `/x?token=${token}`, error: new Error(`bad key ${SEED}`) });
      expect(seen.stderr).not.toContain(SEED);
      expect(seen.stderr).not.toContain(token);
      expect(seen.stderr).toContain('oops');
    }
  });

  it('are as loud as LOG_LEVEL says', () => {
    const { io, seen } = captured({ LOG_LEVEL: 'error' });
    createLog(io).warn('quiet');
    expect(seen.stderr).toBe('');
  });
});

describe('errors', () => {
  const error = new AnchorError({
    code: 'A_B',
    message: `it broke with ${SEED}`,
    hint: 'mend it',
    exitStatus: 2,
  });

  it('are one document with --json, and three short lines without', () => {
    const { io, seen } = captured();
    expect(printError(io, error, true)).toBe(2);
    expect(JSON.parse(seen.stdout)).toEqual({
      error: { code: 'A_B', message: 'it broke with S[redacted]', hint: 'mend it' },
    });
    expect(seen.stderr).toBe('');
    const other = captured();
    printError(other.io, error, false);
    expect(other.seen).toEqual({
      stdout: '',
      stderr: 'error[A_B]: it broke with S[redacted]\n  hint: mend it\n',
    });
  });

  it('that nobody expected show their stack', () => {
    const { io, seen } = captured();
    expect(printError(io, new TypeError('x is not a function'), false)).toBe(1);
    expect(seen.stderr).toContain('error[UNEXPECTED]');
    expect(seen.stderr).toContain('units.test.ts');
  });
});

describe('the watcher of anchor dev', () => {
  it('tells changes of content, in new folders too, and nothing of data and packages', async () => {
    mkdirSync(join(folder, 'forms'));
    mkdirSync(join(folder, 'data'));
    writeFileSync(join(folder, 'anchor.toml'), 'a');
    let seen = (_file: string) => {};
    const watcher = watchProject(folder, (file) => seen(file));
    const change = (path: string, text: string) =>
      new Promise<string>((done) => {
        seen = done;
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        writeFileSync(join(folder, path), text);
      });
    expect(await change('anchor.toml', 'b')).toBe('anchor.toml');
    expect(await change('forms/x.ts', 'x')).toBe('forms/x.ts');
    writeFileSync(join(folder, 'data', 'x.db'), 'x');
    writeFileSync(join(folder, 'forms', 'x.ts'), 'x');
    expect(await change('.env', 'A=1')).toBe('.env');
    expect(await change('lib/bank.ts', 'x')).toBe('lib/bank.ts');
    expect(await change('lib/bank.ts', 'y')).toBe('lib/bank.ts');
    watcher.close();
  });
});

describe('anchor --help', () => {
  it('is answered from little code: nothing that is imported statically is large', () => {
    const dist = resolve(import.meta.dirname, '../../dist');
    const seen = new Map<string, number>();
    const visit = (file: string) => {
      if (seen.has(file)) return;
      const text = readFileSync(file, 'utf8');
      seen.set(file, text.length);
      for (const [, path] of text.matchAll(/^(?:import|export)[^;'"]*?['"](\.[^'"]+)['"];/gm)) {
        visit(resolve(dirname(file), path as string));
      }
    };
    visit(join(dist, 'cli', 'main.js'));
    const total = [...seen.values()].reduce((sum, size) => sum + size, 0);
    expect(total).toBeLessThan(40_000);
  });
});
