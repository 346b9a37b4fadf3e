import { type ConfigFault, configFaults, loadProject } from '../../config/index.ts';
import type { Project } from '../../config/project.ts';
import { migrationStatus } from '../../database/index.ts';
import { silentLog } from '../../kernel/log.ts';
import { createContext } from '../../server/context.ts';
import { JOB_IDS } from '../catalog.ts';
import type { Command, Given } from '../command.ts';
import { type Finding, fail, guarded, ok } from '../doctor/check.ts';
import { checkEndpoints } from '../doctor/endpoints.ts';
import { checkMoney } from '../doctor/money.ts';
import { checkAssets, checkHorizon, checkWorkers } from '../doctor/network.ts';
import { checkEnvFile, checkKeys, checkNode } from '../doctor/project.ts';
import { type Io, paint, type Style } from '../io.ts';
import { printJson, usageError } from '../output.ts';
import { rootOf } from '../runtime-root.ts';
import { useRunningSandbox } from '../sandbox-host.ts';
import { flagOption } from '../values.ts';

const command: Command = async (given, io) => {
  if (flagOption(given, 'suiteConfig')) {
    if (given.args[0] !== undefined)
      throw usageError('OPTION_INVALID', '--suite-config is for this project: it takes no URL.');
    const { printSuiteConfig } = await import('../doctor/suite-config.ts');
    return printSuiteConfig(given, io);
  }
  const url = checkedUrl(given.args[0]);
  const checks = url === null ? await checkProject(given, io) : await checkEndpoints(globalThis.fetch, url);
  const good = checks.every(({ status }) => status !== 'fail');
  if (given.json) printJson(io, { ok: good, checks });
  else print(io, checks, good);
  return good ? 0 : 1;
};

function checkedUrl(text: string | undefined): string | null {
  if (text === undefined) return null;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && /^https?:$/.test(url.protocol)) return url.origin;
  throw usageError('URL_INVALID', 'The address must be an URL such as https://anchor.example.com.');
}

async function checkProject(given: Given, io: Io): Promise<Finding[]> {
  const root = rootOf(given, io);
  const findings = [checkNode(process.versions), checkEnvFile(root)];
  const env = { ...io.env, ...(await useRunningSandbox(root, io.env)) };
  let project: Project;
  try {
    project = await loadProject({ dir: root, env });
    findings.push(ok('configuration'));
  } catch (error) {
    const faults = configFaults(error);
    if (faults.length === 0) throw error;
    return [...findings, ...faults.map((fault) => fail('configuration', line(fault)))];
  }
  findings.push(...checkKeys(project));
  const ctx = await createContext(project, { log: silentLog }).catch((error: unknown) => error as Error);
  if (ctx instanceof Error) return [...findings, ...(await guarded('database', () => Promise.reject(ctx)))];
  try {
    const database = await guarded('database', async () => {
      const { pending } = await migrationStatus(ctx.db);
      return pending.length === 0
        ? ok('database')
        : fail('database', `Missing migrations: ${pending.join(', ')}. Run: anchor migrate`);
    });
    findings.push(...database);
    const horizon = await guarded('network', () => checkHorizon(ctx));
    findings.push(...horizon);
    const usable = [...database, ...horizon].every(({ status }) => status !== 'fail');
    if (usable) findings.push(...(await guarded('assets', () => checkAssets(ctx))));
    if (database.every(({ status }) => status === 'ok')) {
      findings.push(...(await guarded('workers', () => checkWorkers(ctx, JOB_IDS))));
      findings.push(...(await guarded('payments', () => checkMoney(ctx))));
    }
  } finally {
    await ctx.close();
  }
  return [...findings, ...(await checkEndpoints(globalThis.fetch, project.hostUrl))];
}

const line = ({ where, found, fix }: ConfigFault): string => `${where}: ${found}. ${fix}`;

const MARKS: Record<Finding['status'], [string, Style]> = {
  ok: ['ok', 'green'],
  warn: ['warn', 'yellow'],
  fail: ['FAIL', 'red'],
};

function print(io: Io, checks: Finding[], good: boolean): void {
  for (const { id, status, hint } of checks) {
    const [mark, style] = MARKS[status];
    io.stdout(`${paint(io, style, mark.padEnd(5))} ${id}${hint === null ? '' : `: ${hint}`}\n`);
  }
  io.stdout(good ? '\nNothing is broken.\n' : '\nSomething is broken: see FAIL above.\n');
}

export default command;
