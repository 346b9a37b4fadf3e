import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configFaults, loadProject, loadProjectMigrations } from '../../src/config/index.ts';
import { ALIAS, faultList, faultsOf, load, projectFolder } from './project-folder.ts';

const RAILS = `rails: { pollDeposits: async () => ({ credits: [] }), payout: async () => ({ status: 'completed' }) }`;

const code = (content: string) => ({ 'integrations.ts': content });

describe('integrations.ts', () => {
  it('is TypeScript, imports its neighbours and create-anchor, and needs no build', async () => {
    const project = await load({
      'integrations.ts': `import { defineIntegrations } from 'create-anchor';
        import { bank } from './lib/bank.ts';
        enum Kind { A = 'a' }
        class Rails { constructor(private readonly name: string) {}
          async pollDeposits() { return { credits: [], cursor: this.name }; }
          async payout() { return { status: 'completed' as const }; } }
        const there: string = await Promise.resolve(bank);
        export default defineIntegrations({ rails: new Rails(there + Kind.A), fee: () => '1' });`,
      'lib/bank.ts': `export const bank: string = 'Bank';`,
    });
    const answer = await project.integrations.rails?.pollDeposits({ cursor: null, waiting: [] }, {} as never);
    expect(answer).toEqual({ credits: [], cursor: 'Banka' });
  });

  it('may be JavaScript, or be missing on the sandbox', async () => {
    expect(
      (await load({ 'integrations.js': `export default { fee: () => '2' }` })).integrations.fee,
    ).toBeTypeOf('function');
    expect((await load()).integrations).toEqual({});
  });

  it('is not loaded for commands that do not need it', async () => {
    const dir = projectFolder(code('throw new Error("loaded")'));
    const project = await loadProject({ dir, env: {}, integrations: false });
    expect(project.integrations).toEqual({});
    expect(project.forms.size).toBe(0);
  });

  it('tells file and line of what cannot be loaded', async () => {
    const place = async (content: string, more: Record<string, string> = {}) =>
      (await faultsOf({ ...code(content), ...more })).faults.map(
        ({ code: kind, where }) => `${kind} ${where}`,
      );
    expect(await place('const a = 1;\nexport default { a: ) };')).toEqual([
      expect.stringMatching(/^CODE_UNLOADABLE integrations.ts:2:/),
    ]);
    expect(await place('\n\nthrow new Error("no");')).toEqual([
      expect.stringMatching(/^CODE_UNLOADABLE integrations.ts:3:/),
    ]);
    expect(await place(`import './absent.ts'; export default {};`)).toEqual([
      'CODE_UNLOADABLE integrations.ts',
    ]);
    expect(await place(`import 'absent-package'; export default {};`)).toEqual([
      'CODE_UNLOADABLE integrations.ts',
    ]);
    expect(
      await place(`import './lib.ts'; export default {};`, { 'lib.ts': '\nthrow new TypeError("x");' }),
    ).toEqual([expect.stringMatching(/^CODE_UNLOADABLE lib.ts:2:/)]);
    expect(await place('throw "a text";')).toEqual(['CODE_UNLOADABLE integrations.ts']);
  });

  it('must export an object by default', async () => {
    for (const content of [
      'export const a = 1;',
      '',
      'export default undefined',
      'export default 7',
      'export default []',
    ]) {
      expect(await faultList(code(content))).toEqual(['CODE_INVALID integrations.ts']);
    }
  });

  it('names only hooks that exist', async () => {
    const { faults } = await faultsOf(
      code(`export default { rail: {}, rails: { polDeposits() {}, pollDeposits() {}, payout: 1 }, toml: {},
        deposit: { instruction: () => [] }, withdrawal: 'x' }`),
    );
    expect(faults.map(({ code: kind, where, fix }) => `${kind} ${where} ${fix}`)).toEqual([
      expect.stringMatching(/^UNKNOWN_KEY integrations.ts: rail .*\brails\b/),
      expect.stringMatching(/^UNKNOWN_KEY integrations.ts: rails.polDeposits .*\bpollDeposits\b/),
      expect.stringMatching(/^CODE_INVALID integrations.ts: rails.payout /),
      expect.stringMatching(/^CODE_INVALID integrations.ts: toml /),
      expect.stringMatching(/^UNKNOWN_KEY integrations.ts: deposit.instruction .*\binstructions\b/),
      expect.stringMatching(/^CODE_INVALID integrations.ts: withdrawal /),
    ]);
  });

  it('refuses a test bank on the public network', async () => {
    const bank = 'const hook = async () => {};\nconst rails = { pollDeposits: hook, payout: hook };\n';
    const text = `${bank}export default { rails, testBank: { pay: hook, statement: hook } }`;
    const at = (STELLAR_NETWORK: string) => ({ STELLAR_NETWORK, HOST_URL: 'https://a.example' });
    expect(await faultList(code(text), at('public'))).toEqual(['CODE_INVALID integrations.ts: testBank']);
    expect(await faultList(code(text), at('testnet'))).toEqual([]);
  });

  it('needs rails on testnet and public when SEP-24 is on', async () => {
    for (const STELLAR_NETWORK of ['testnet', 'public']) {
      const env = { STELLAR_NETWORK, HOST_URL: 'https://a.example' };
      expect(await faultList({}, env)).toEqual(['HOOK_MISSING integrations.ts: rails']);
      expect(await faultList(code('export default { rails: { payout() {} } }'), env)).toEqual([
        'HOOK_MISSING integrations.ts: rails.pollDeposits',
      ]);
      expect(await faultList(code(`export default { ${RAILS} }`), env)).toEqual([]);
      expect(await faultList({ 'anchor.toml': 'seps = [1, 10]' }, env)).toEqual([]);
    }
  });

  it('needs prices on testnet and public when SEP-38 is on', async () => {
    const seps = { 'anchor.toml': 'seps = [1, 10, 24, 38]' };
    for (const STELLAR_NETWORK of ['testnet', 'public']) {
      const env = { STELLAR_NETWORK, HOST_URL: 'https://a.example' };
      const found = await faultList({ ...seps, ...code(`export default { ${RAILS} }`) }, env);
      expect(found).toEqual(['HOOK_MISSING integrations.ts: quotes']);
      const priced = code(`export default { ${RAILS}, quotes: { price() {} } }`);
      expect(await faultList({ ...seps, ...priced }, env)).toEqual([]);
    }
    expect(await faultList(seps, {})).toEqual([]);
    const wrong = code('export default { quotes: { prices() {}, liquidity: 5 } }');
    expect(await faultList(wrong, {})).toEqual([
      'UNKNOWN_KEY integrations.ts: quotes.prices',
      'HOOK_MISSING integrations.ts: quotes.price',
      'CODE_INVALID integrations.ts: quotes.liquidity',
    ]);
  });

  it('needs the hooks of names and of regulated assets where they are switched on', async () => {
    const on = { 'anchor.toml': '[federation]\nenabled = true\n[regulated]\nassets = ["REG"]' };
    expect(await faultList(on, {})).toEqual([
      'HOOK_MISSING integrations.ts: federation',
      'HOOK_MISSING integrations.ts: approval',
    ]);
    const hooks = code('export default { federation() {}, approval() {} }');
    expect(await faultList({ ...on, ...hooks }, {})).toEqual([]);
    expect(await faultList(code('export default { federation: 5 }'), {})).toEqual([
      'CODE_INVALID integrations.ts: federation',
    ]);
  });

  it('needs somebody who decides about the customers of SEP-6 on testnet and public', async () => {
    const seps = (list: string) => ({ 'anchor.toml': `seps = [${list}]` });
    const rails = code(`export default { ${RAILS} }`);
    for (const STELLAR_NETWORK of ['testnet', 'public']) {
      const env = { STELLAR_NETWORK, HOST_URL: 'https://a.example' };
      expect(await faultList({ ...seps('1, 6, 10'), ...rails }, env)).toEqual([
        'HOOK_MISSING integrations.ts: sep6.request',
      ]);
      expect(await faultList({ ...seps('1, 6, 10, 12'), ...rails }, env)).toEqual([]);
      const decides = code(`export default { ${RAILS}, sep6: { request() {} } }`);
      expect(await faultList({ ...seps('1, 6, 10'), ...decides }, env)).toEqual([]);
    }
    expect(await faultList(seps('1, 6, 10'), {})).toEqual([]);
  });

  it('loads from a folder that cannot be written', async () => {
    const dir = projectFolder({
      ...code(`export default { ${RAILS} }`),
      'node_modules/x/package.json': '{}',
    });
    chmodSync(join(dir, 'node_modules'), 0o500);
    chmodSync(dir, 0o500);
    try {
      const project = await loadProject({ dir, env: {}, alias: ALIAS });
      expect(project.integrations.rails).toBeDefined();
    } finally {
      chmodSync(dir, 0o700);
      chmodSync(join(dir, 'node_modules'), 0o700);
    }
  });

  it('is cached inside of the project only', async () => {
    const dir = projectFolder(code(`export default { ${RAILS} }`));
    mkdirSync(join(dir, 'node_modules'));
    await loadProject({ dir, env: {}, alias: ALIAS });
    expect(existsSync(join(dir, 'node_modules/.cache/jiti'))).toBe(true);
  });
});

describe('forms/', () => {
  const form = (fields: string) => `import { defineForm } from 'create-anchor';
    export default defineForm({ title: 'About you', fields: ${fields} });`;

  it('come in the order of their names, with their names as ids', async () => {
    const project = await load({
      'forms/20-bank.ts': form(`[{ name: 'bank_account_number', label: 'Account' }]`),
      'forms/10-contact.js': `export default { title: 'Contact', kinds: ['deposit'], fields: [
        { name: 'organization.name', label: 'Name', kind: 'select', choices: [{ value: 'a', label: 'A' }], required: false,
          minLength: 1, maxLength: 9, validate: () => undefined, help: 'h', placeholder: 'p', autocomplete: 'name' }] }`,
      'forms/README.md': '',
      'forms/types.d.ts': '',
      'forms/_draft.ts': 'throw 1',
    });
    expect([...project.forms.keys()]).toEqual(['10-contact', '20-bank']);
    expect(project.forms.get('20-bank')?.title).toBe('About you');
  });

  it('are checked like all configuration', async () => {
    const list = async (content: string) => await faultList({ 'forms/a.ts': content });
    expect(await list('export default 1')).toEqual(['CODE_INVALID forms/a.ts']);
    expect(await list('export default {}')).toEqual([
      'VALUE_MISSING forms/a.ts.title',
      'VALUE_MISSING forms/a.ts.fields',
    ]);
    expect(await list(form('[]'))).toEqual(['VALUE_INVALID forms/a.ts.fields']);
    expect(await list(form(`[{ name: 'a', label: 'A' }, { name: 'a', label: 'B' }]`))).toEqual([
      'VALUES_CONFLICT forms/a.ts: fields[1]',
    ]);
    expect(await list(form(`[{ name: 'a', label: 'A', kind: 'select' }]`))).toEqual([
      'VALUE_MISSING forms/a.ts: fields[0].choices',
    ]);
    expect(
      await list(
        form(`[{ name: '<b>', label: '', kind: 'file', requird: true, maxLength: -1, validate: 1 }]`),
      ),
    ).toEqual([
      'UNKNOWN_KEY forms/a.ts: fields[0].requird',
      'VALUE_INVALID forms/a.ts: fields[0].name',
      'VALUE_INVALID forms/a.ts: fields[0].label',
      'VALUE_INVALID forms/a.ts: fields[0].kind',
      'VALUE_INVALID forms/a.ts: fields[0].maxLength',
      'VALUE_INVALID forms/a.ts: fields[0].validate',
    ]);
  });
});

describe('migrations/', () => {
  it('are functions up, in the order of their names', async () => {
    const root = projectFolder({
      'migrations/002-b.ts':
        'export async function up(db: unknown): Promise<void> { (db as unknown[]).push(2); }',
      'migrations/001-a.js': 'export default { up: (db) => { db.push(1); } };',
    });
    const migrations = await loadProjectMigrations(root);
    expect(migrations.map(({ name }) => name)).toEqual(['001-a', '002-b']);
    const ran: number[] = [];
    for (const { up } of migrations) await up(ran as never);
    expect(ran).toEqual([1, 2]);
    expect(await loadProjectMigrations(projectFolder())).toEqual([]);
  });

  it('are refused without one', async () => {
    const root = projectFolder({
      'migrations/001-a.ts': 'export const down = 1;',
      'migrations/002-b.ts': 'export {',
    });
    const fault = await loadProjectMigrations(root).catch((error: unknown) => error);
    expect(configFaults(fault).map(({ code: kind, where }) => `${kind} ${where.split(':')[0]}`)).toEqual([
      'CODE_INVALID migrations/001-a.ts',
      'CODE_UNLOADABLE migrations/002-b.ts',
    ]);
  });
});
