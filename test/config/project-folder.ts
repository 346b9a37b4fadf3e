import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach } from 'vitest';
import { type ConfigFault, configFaults, loadProject } from '../../src/config/index.ts';
import type { Project } from '../../src/config/project.ts';
import { AnchorError } from '../../src/kernel/errors.ts';

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A folder with these files, removed after the test. */
export function projectFolder(files: Record<string, string | Buffer> = {}): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'anchor-config-')));
  folders.push(root);
  for (const [name, content] of Object.entries({ 'anchor.toml': '', ...files })) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
  return root;
}

export const ALIAS = { 'create-anchor': join(import.meta.dirname, '../../src/config/integrations.ts') };

type Env = Record<string, string | undefined>;

/** The project of these files, loaded as the commands load it. */
export function load(files: Record<string, string | Buffer> = {}, env: Env = {}): Promise<Project> {
  return loadProject({ dir: projectFolder(files), env, alias: ALIAS });
}

/** What is wrong with these files; empty when nothing is. The whole error's text comes along to look for secrets. */
export async function faultsOf(
  files: Record<string, string | Buffer> = {},
  env: Env = {},
): Promise<{ faults: readonly ConfigFault[]; text: string }> {
  try {
    await load(files, env);
    return { faults: [], text: '' };
  } catch (error) {
    if (!AnchorError.is(error)) throw error;
    return {
      faults: configFaults(error),
      text: `${error.message}${error.hint}${error.stack}${JSON.stringify(error)}`,
    };
  }
}

/** `CODE where` of each fault. */
export async function faultList(
  files: Record<string, string | Buffer> = {},
  env: Env = {},
): Promise<string[]> {
  return (await faultsOf(files, env)).faults.map(({ code, where }) => `${code} ${where}`);
}
