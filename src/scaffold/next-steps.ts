import type { Answers } from './answers.ts';
import { shellWord } from './names.ts';
import { execPrefix, runScript } from './plan.ts';

export interface Done {
  installed: boolean;
  setUp: boolean;
}

/** The commands that lead on from here, true as they stand. */
export function nextSteps(answers: Answers, typedDirectory: string, done: Done, port: string): string[] {
  const exec = execPrefix(answers.packageManager);
  const steps: string[] = [];
  if (typedDirectory !== '.')
    steps.push(
      `cd ${typedDirectory.startsWith('-') ? `./${shellWord(typedDirectory)}` : shellWord(typedDirectory)}`,
    );
  if (!done.installed) steps.push(`${answers.packageManager} install`);
  if (answers.network === 'public' && !done.setUp) steps.push('edit .env: HOST_URL');
  if (!done.setUp) steps.push(`${exec} anchor setup`);
  if (answers.network === 'public' && answers.asset === null) {
    steps.push(`${exec} anchor add-asset CODE --issuer G...`);
  }
  if (answers.network === 'public')
    steps.push('edit integrations.ts: your bank', `${exec} anchor serve --with-jobs`);
  else steps.push(runScript(answers.packageManager, 'dev'), `open http://localhost:${port}/demo-wallet`);
  return steps;
}
