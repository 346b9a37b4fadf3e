import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import type { StepResult } from './install.ts';

/** A repository with one commit, where git can make one. Never a reason for the scaffolder to fail. */
export async function commitAll(directory: string): Promise<StepResult> {
  const git = (...args: string[]) => execa('git', args, { cwd: directory, reject: false, stdin: 'ignore' });
  if ((await git('--version')).failed) return { ok: false, reason: 'git is not installed' };
  if (existsSync(join(directory, '.git')))
    return { ok: false, reason: 'the directory has a git repository already' };
  const inside = await git('rev-parse', '--is-inside-work-tree');
  if (!inside.failed && inside.stdout.trim() === 'true')
    return { ok: false, reason: 'it lies inside another git repository' };
  if (
    (await git('init', '--quiet', '--initial-branch=main')).failed &&
    (await git('init', '--quiet')).failed
  ) {
    return { ok: false, reason: 'git init failed' };
  }
  if ((await git('add', '--all')).failed) return { ok: false, reason: 'git add failed' };
  const commit = await git(
    '-c',
    'commit.gpgsign=false',
    'commit',
    '--quiet',
    '--message',
    'Begin the anchor',
  );
  if (commit.failed)
    return { ok: false, reason: 'git could not commit (is user.name and user.email configured?)' };
  return { ok: true };
}
