import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { COMMANDS, JOB_IDS } from '../../src/cli/catalog.ts';
import { main } from '../../src/cli/main.ts';
import { JOBS } from '../../src/jobs/index.ts';

const nowhere = mkdtempSync(join(tmpdir(), 'no-project-'));
afterAll(() => rmSync(nowhere, { recursive: true, force: true }));

const elsewhere = mkdtempSync(join(tmpdir(), 'files-'));
afterAll(() => rmSync(elsewhere, { recursive: true, force: true }));
const FIELDS = join(elsewhere, 'fields.json');
writeFileSync(FIELDS, '{"purpose": "gift"}');

const SEED = `S${'A'.repeat(55)}`;
const ISSUER = 'GCDNJUBQSX7AJWLJACMJ7I4BC3Z47BQUTMHEICZLE6MU4KQBRYG5JY6B';

async function run(...argv: string[]) {
  let stdout = '';
  let stderr = '';
  const io = {
    env: {},
    cwd: nowhere,
    stdout: (text: string) => {
      stdout += text;
    },
    stderr: (text: string) => {
      stderr += text;
    },
    interactive: false,
    color: false,
  };
  return { status: await main(argv, io), stdout, stderr };
}

const codeOf = (stdout: string): string => JSON.parse(stdout).error.code;

describe('wrong use', () => {
  const cases: [string[], string][] = [
    [['frobnicate'], 'COMMAND_UNKNOWN'],
    [['tx', 'frobnicate'], 'COMMAND_UNKNOWN'],
    [['frobnicate', '--help'], 'COMMAND_UNKNOWN'],
    [['send', 'start', '0', 'SRT', '--to', 'https://a.example', '--key', 'k'], 'AMOUNT_INVALID'],
    [['send', 'start', '1', 'S R T', '--to', 'https://a.example', '--key', 'k'], 'ASSET_CODE_INVALID'],
    [
      ['send', 'start', '1', 'SRT', '--to', 'https://a.example', '--key', 'k', '--sender', 'absent.json'],
      'FILE_UNREADABLE',
    ],
    [['send', 'start', '1', 'SRT', '--key', 'k'], 'OPTION_MISSING'],
    [['send', 'update', '1'], 'OPTION_MISSING'],
    [['tx'], 'COMMAND_MISSING'],
    [['serve', '--nonsense'], 'OPTION_UNKNOWN'],
    [['serve', 'extra'], 'ARGUMENT_UNEXPECTED'],
    [['serve', '--port'], 'OPTION_VALUE_MISSING'],
    [['serve', '--port', '0'], 'OPTION_INVALID'],
    [['serve', '--port', '70000'], 'OPTION_INVALID'],
    [['serve', '--port', '80x'], 'OPTION_INVALID'],
    [['dev', '--port', '-1'], 'OPTION_INVALID'],
    [['run'], 'ARGUMENT_MISSING'],
    [['run', 'poll-nothing'], 'JOB_UNKNOWN'],
    [['run', 'all', '--interval', 'often'], 'OPTION_INVALID'],
    [['run', 'all', '--timeout', '0'], 'OPTION_INVALID'],
    [['add-asset', 'SRT'], 'ISSUER_MISSING'],
    [['add-asset', 'SRT', '--issuer', 'GABC'], 'ACCOUNT_INVALID'],
    [['add-asset', 'much-too-long-code', '--issuer', ISSUER], 'ASSET_CODE_INVALID'],
    [['add-asset', 'native', '--issuer', ISSUER], 'ISSUER_UNEXPECTED'],
    [['issue-asset', 'ABC', '--supply', '1e9'], 'OPTION_INVALID'],
    [['issue-asset', 'XLM'], 'ASSET_CODE_INVALID'],
    [['assets', 'set', 'SRT'], 'NOTHING_TO_SET'],
    [['import', 'polaris'], 'ARGUMENT_MISSING'],
    [['import', 'polaris', 'x', '--distribution', 'GABC'], 'ACCOUNT_INVALID'],
    [['import', 'anchor-platform'], 'OPTION_MISSING'],
    [['import', 'anchor-platform', '--clients', 'absent.yaml'], 'FILE_UNREADABLE'],
    [['assets', 'set', 'SRT', '--deposit', 'maybe'], 'OPTION_INVALID'],
    [['assets', 'set', 'SRT', '--deposit-fee-percent', '101'], 'OPTION_INVALID'],
    [['assets', 'set', 'SRT', '--seps', '10'], 'OPTION_INVALID'],
    [['tx', 'list', '--status', 'lost'], 'OPTION_INVALID'],
    [['tx', 'list', '--limit', '1000'], 'OPTION_INVALID'],
    [['tx', 'list', '--after', 'x'], 'OPTION_INVALID'],
    [['tx', 'show'], 'ARGUMENT_MISSING'],
    [['tx', 'refund', '1'], 'REASON_MISSING'],
    [['tx', 'hold', '1', '--reason', ' '], 'REASON_MISSING'],
    [['tx', 'match', '1', '--reason', 'x'], 'ARGUMENT_MISSING'],
    [['suspense'], 'COMMAND_MISSING'],
    [['suspense', 'refund'], 'ARGUMENT_MISSING'],
    [['suspense', 'hold', '1', '--reason', 'a\nb', '--by', 'ann'], 'REASON_INVALID'],
    [['suspense', 'hold', '1', '--reason', 'x', '--by', 'a b'], 'OPERATOR_INVALID'],
    [['suspense', 'show', '1', '--kind', 'cheque'], 'OPTION_INVALID'],
    [['suspense', 'list', '--state', 'lost'], 'OPTION_INVALID'],
    [['suspense', 'list', '--reason', 'bad_luck'], 'OPTION_INVALID'],
    [['suspense', 'list', '--after', 'x'], 'OPTION_INVALID'],
    [['assets', 'set', 'SRT', '--tolerance', '101'], 'OPTION_INVALID'],
    [['assets', 'set', 'SRT', '--wrong-amount', 'ignore'], 'OPTION_INVALID'],
    [['assets', 'set', 'SRT', '--refund-after', 'soon'], 'OPTION_INVALID'],
    [['wallet', 'deposit', '100'], 'ARGUMENT_MISSING'],
    [['wallet', 'deposit', '-5', 'SRT'], 'AMOUNT_INVALID'],
    [['wallet', 'deposit', '0', 'SRT'], 'AMOUNT_INVALID'],
    [['wallet', 'withdraw', 'ten', 'SRT'], 'AMOUNT_INVALID'],
    [['wallet', 'deposit', '1', 'SRT', '--home', 'ftp://x'], 'OPTION_INVALID'],
    [['sandbox', '--close', 'never'], 'OPTION_INVALID'],
    [['sandbox', '--passphrase', ''], 'OPTION_INVALID'],
    [['doctor', 'not-a-url'], 'URL_INVALID'],
    [['migrate', '--status=yes'], 'OPTION_UNKNOWN'],
  ];
  it.each(cases)('anchor %j is refused with %s before any project is looked for', async (argv, code) => {
    const { status, stdout, stderr } = await run('--json', ...argv);
    expect(codeOf(stdout)).toBe(code);
    expect(status).toBe(2);
    expect(stdout.trim().split('\n')).toHaveLength(1);
    expect(stderr).toBe('');
    expect(readdirSync(nowhere)).toEqual([]);
  });

  it.each([
    ['add-asset', 'SRT', '--issuer', SEED],
    ['wallet', 'deposit', '1', 'SRT', `--home=${SEED}`],
    [SEED],
    ['run', SEED, '--help'],
    ['sandbox', '--seed', SEED],
  ])('a secret key among the arguments is refused and never repeated: %#', async (...argv) => {
    for (const more of [[], ['--json']]) {
      const { status, stdout, stderr } = await run(...argv, ...more);
      expect(status).toBe(2);
      expect(stdout + stderr).toContain('SECRET_IN_ARGUMENTS');
      expect(stdout + stderr).not.toContain(SEED);
    }
  });

  it('errors for people go to standard error, with a hint', async () => {
    const { status, stdout, stderr } = await run('run', 'poll-nothing');
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^error\[JOB_UNKNOWN\]: /);
    expect(stderr).toContain('hint:');
  });
});

describe('outside of any project', () => {
  const why = ['--reason', 'a test', '--by', 'ann'];
  const words = COMMANDS.filter(({ name }) => name !== 'sandbox').map((entry) => {
    const args: Record<string, string[]> = {
      run: ['all'],
      'add-asset': ['SRT', '--issuer', ISSUER],
      'issue-asset': ['ABC'],
      'assets set': ['SRT', '--deposit', 'on'],
      'tx show': ['1'],
      'tx match': ['1', '2', ...why],
      'tx refund': ['1', ...why],
      'tx payout': ['1', '--paid', ...why],
      'returns resolve': ['1', ...why],
      'tx hold': ['1', ...why],
      'tx ask-info': ['1', 'dest', ...why],
      'tx release': ['1', ...why],
      'customers show': ['1'],
      'customers file': ['1', 'photo_id_front'],
      'customers accept': ['1', ...why],
      'customers reject': ['1', ...why],
      'customers ask': ['1', 'last_name', ...why],
      'customers reopen': ['1', ...why],
      'customers erase': ['1', ...why],
      'send start': ['100', 'SRT', '--to', 'https://anchor.example.com', '--key', 'order-1'],
      'send show': ['1'],
      'send update': ['1', '--fields', FIELDS],
      'suspense show': ['1'],
      'suspense match': ['1', '2', ...why],
      'suspense refund': ['1', ...why],
      'suspense hold': ['1', ...why],
      'suspense release': ['1', ...why],
      'suspense keep': ['1', ...why],
      'suspense payout': ['1', '--paid', ...why],
      'callbacks replay': ['1'],
      'import polaris': ['polaris.db'],
      'import anchor-platform': ['--assets', FIELDS],
      'wallet deposit': ['1', 'SRT'],
      'wallet withdraw': ['1', 'SRT'],
    };
    return [...entry.name.split(' '), ...(args[entry.name] ?? [])];
  });
  it.each(words.map((argv) => [argv]))('anchor %j says that there is no project, exit 1', async (argv) => {
    const { status, stdout } = await run(...argv, '--json');
    expect(codeOf(stdout)).toBe('PROJECT_NOT_FOUND');
    expect(status).toBe(1);
  });
});

describe('help', () => {
  it.each(COMMANDS.map((entry) => [entry.name]))(
    'anchor %s --help has an example, --json and --config',
    async (name) => {
      const { status, stdout } = await run(...name.split(' '), '--help');
      expect(status).toBe(0);
      expect(stdout).toContain(`anchor ${name}`);
      expect(stdout).toMatch(/Examples?:/);
      expect(stdout).toContain('--json');
      expect(stdout).toContain('--config <dir>');
    },
  );

  it('lists every command, also for a bare call', async () => {
    const bare = await run();
    const asked = await run('--help');
    expect(bare).toEqual(asked);
    expect(bare.status).toBe(0);
    for (const { name } of COMMANDS) expect(bare.stdout).toContain(`  ${name}`);
  });

  it('takes --json and --config before the command too', async () => {
    const { status, stdout } = await run('--json', '--config', nowhere, 'assets');
    expect(codeOf(stdout)).toBe('PROJECT_NOT_FOUND');
    expect(status).toBe(1);
    expect((await run('--config', nowhere, 'assets', 'set', '--help')).stdout).toContain(
      'anchor assets set CODE',
    );
  });

  it('says name and version', async () => {
    const { status, stdout } = await run('--version');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^anchor \d+\.\d+\.\d+/);
  });

  it('knows the jobs that there are', () => {
    expect([...JOB_IDS]).toEqual(JOBS.map(({ id }) => id));
  });
});
