import ejs from 'ejs';
import { stringify } from 'smol-toml';
import type { Answers, PackageManager } from './answers.ts';
import { type EnvLine, printEnv } from './env-file.ts';
import type { Keys } from './keys.ts';
import { packageNameOf } from './names.ts';
import type { Template } from './templates.ts';

export interface PlannedFile {
  /** relative, with `/` */
  path: string;
  text: string;
  /** 0o600 for secrets */
  mode: number;
}

export interface PlanInput {
  answers: Answers;
  keys: Keys;
  templates: readonly Template[];
  /** what package.json says about create-anchor */
  ownSpec: string;
  node: { major: number /** process.versions.napi */; napi: number };
}

/** better-sqlite3 13 needs Node-API 10 and no build; 12 is for older Nodes (13 ends them with a segmentation fault). */
export const sqliteRange = (napi: number): string => (napi >= 10 ? '^13.2.0' : '^12.11.1');

/** The whole project as a list of files. Reads and writes nothing. */
export function plan(input: PlanInput): PlannedFile[] {
  const { answers } = input;
  const values = templateValues(input);
  const files = input.templates.map(({ path, text }): PlannedFile => {
    const rendered = path.endsWith('.ejs') ? ejs.render(text, values) : text;
    const name = path.replace(/\.ejs$/, '').replace(/(^|\/)_(?=[^/]+$)/, '$1.');
    return { path: name, text: tidy(rendered), mode: 0o644 };
  });
  const env = envLines(input);
  files.push({ path: '.env', text: printEnv(env), mode: 0o600 });
  files.push({ path: '.env.example', text: printEnv(env, { values: false }), mode: 0o644 });
  for (const [path, text] of managerFiles(answers.packageManager, values.compiles)) {
    files.push({ path, text, mode: 0o644 });
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** What package managers other than npm want to be told in files of their own. */
function managerFiles(manager: PackageManager, compiles: boolean): [string, string][] {
  if (manager === 'pnpm' && compiles)
    return [['pnpm-workspace.yaml', 'allowBuilds:\n  better-sqlite3: true\n']];
  // drivers are looked up in node_modules, which newer yarns do without
  if (manager === 'yarn') return [['.yarnrc.yml', 'nodeLinker: node-modules\n']];
  return [];
}

function tidy(text: string): string {
  const trimmed = text.replace(/\n{3,}/g, '\n\n').trim();
  return trimmed === '' ? '' : `${trimmed}\n`;
}

function templateValues({ answers, ownSpec, node }: PlanInput) {
  const postgres = answers.databaseUrl?.startsWith('postgres') === true;
  const compiles = !postgres && node.napi < 10;
  const code = answers.asset === 'native' ? 'XLM' : (answers.asset ?? 'an asset');
  return {
    packageName: packageNameOf(answers.directory),
    title: answers.name.replace(/([\\`*_{}[\]<>#|])/g, '\\$1'),
    network: answers.network,
    asset: code,
    assetCode: answers.asset === 'native' ? 'native' : (answers.asset ?? 'CODE'),
    dependencies: {
      ...(postgres ? {} : { 'better-sqlite3': sqliteRange(node.napi) }),
      'create-anchor': ownSpec,
      pg: '^8.23.1',
    },
    devDependencies: { '@types/node': '^20.19.43', jiti: '^2.7.0', typescript: '^7.0.2' },
    allowScripts: compiles ? { 'better-sqlite3': true } : null,
    compiles,
    trustedDependencies: compiles && answers.packageManager === 'bun' ? ['better-sqlite3'] : null,
    fileDependency: /^(?:file|link):/.test(ownSpec),
    lockfile: answers.packageManager === 'npm' && answers.install,
    nodeMajor: node.major,
    run: (script: string) => runScript(answers.packageManager, script),
    exec: execPrefix(answers.packageManager),
    /** a TOML value: quoted and escaped as needed */
    toml: (value: unknown) => stringify({ v: value }).trim().slice('v = '.length),
    seps: answers.seps,
    name: answers.name,
    setup: { asset: answers.asset, issuer: answers.issuer },
  };
}

export const runScript = (manager: PackageManager, script: string): string =>
  manager === 'npm' && script === 'test' ? 'npm test' : `${manager} run ${script}`;

export const execPrefix = (manager: PackageManager): string =>
  ({ npm: 'npx', pnpm: 'pnpm exec', yarn: 'yarn', bun: 'bunx' })[manager];

function envLines({ answers, keys }: PlanInput): EnvLine[] {
  const test = answers.network !== 'public';
  const lines: EnvLine[] = [
    { comment: 'Secrets and what differs from machine to machine. The process environment beats this file.' },
    { comment: 'SEP-10 key: signs challenges and callbacks. Its public key is SIGNING_KEY in stellar.toml.' },
    { name: 'SIGNING_SEED', value: keys.signingSeed },
    { comment: 'Signs the tokens that wallets and browsers get.' },
    { name: 'SERVER_JWT_KEY', value: keys.jwtKey },
    { comment: 'Encrypts secrets and personal data in the database. Keep a copy in a safe place.' },
    { name: 'ENCRYPTION_KEY', value: keys.encryptionKey },
    { comment: "Of the operator's password." },
    { name: 'ADMIN_PASSWORD_HASH', value: keys.adminPasswordHash },
  ];
  if (test) {
    lines.push(
      {
        comment:
          'Read by `anchor setup` and `anchor add-asset`, kept encrypted in the database, then emptied here.',
      },
      { name: 'DISTRIBUTION_SEED', value: keys.distributionSeed ?? '' },
      { comment: 'Key of the issuer of our own asset. Delete it when nothing more is to be issued.' },
      { name: 'ISSUER_SEED', value: keys.issuerSeed ?? '' },
      { comment: 'Plain http on this machine.' },
      { name: 'LOCAL_MODE', value: 'true' },
    );
  }
  if (answers.network !== 'sandbox') {
    lines.push(
      { comment: 'Where wallets reach this anchor, e.g. https://anchor.example.com' },
      { name: 'HOST_URL', value: test ? 'http://localhost:8000' : '' },
    );
  }
  if (answers.databaseUrl === null) {
    lines.push({
      comment: 'SQLite in data/ by default; for PostgreSQL: DATABASE_URL=postgres://user:password@host/name',
    });
  } else {
    lines.push(
      { comment: 'Where everything is kept.' },
      { name: 'DATABASE_URL', value: answers.databaseUrl },
    );
  }
  lines.push({ comment: 'Of the PostgreSQL that compose.yaml starts.' });
  lines.push({ name: 'POSTGRES_PASSWORD', value: keys.postgresPassword });
  return lines;
}
