import { parse as parseEnv } from 'dotenv';
import { badInput } from '../kernel/errors.ts';
import { systemIds } from '../kernel/ids.ts';
import { isSeed } from '../kernel/strkey.ts';
import type { Answers } from './answers.ts';
import type { OwnDependency } from './dependency.ts';
import { keepValues } from './env-file.ts';
import { commitAll } from './git.ts';
import { install, runSetup, type StepResult } from './install.ts';
import { type Keys, makeKeys } from './keys.ts';
import type { ScaffoldIo } from './main.ts';
import { type Done, nextSteps } from './next-steps.ts';
import { type PlannedFile, plan } from './plan.ts';
import { readTemplates } from './templates.ts';
import { checkTarget, existingEnv, writeFiles } from './write.ts';

/** Does the work: files first, whole and by themselves; then installation, setup and git, each of which may fail alone. */
export async function create(
  answers: Answers,
  typedDirectory: string,
  own: OwnDependency,
  io: ScaffoldIo,
  json: boolean,
): Promise<number> {
  const keys = withGivenSeeds(makeKeys(answers, systemIds), answers, io.env);
  checkTarget(answers.directory, answers.force);
  const before = existingEnv(answers.directory);
  const files = plan({
    answers,
    keys,
    templates: readTemplates(own.root),
    ownSpec: own.spec,
    node: { major: Number(process.versions.node.split('.')[0]), napi: Number(process.versions.napi) },
  }).map((file) => (file.path === '.env' && before !== null ? merged(file, before) : file));
  writeFiles(answers.directory, files);
  io.stderr(`Wrote ${files.length} files to ${answers.directory}\n`);
  tellKeys(io, keys, before);

  const done: Done = { installed: false, setUp: false };
  const faults: string[] = [];
  if (answers.install) await installAndSetUp(answers, done, faults, io);
  const committed = answers.git
    ? await commitAll(answers.directory)
    : ({ ok: false, reason: '--no-git' } as StepResult);
  if (answers.git && !committed.ok) io.stderr(`No git commit: ${committed.reason}.\n`);

  const port = /^\d{1,5}$/.test(io.env.PORT ?? '') ? (io.env.PORT as string) : '8000';
  const steps = nextSteps(answers, typedDirectory, done, port);
  if (json) {
    io.stdout(
      `${JSON.stringify({ directory: answers.directory, ...done, committed: committed.ok, faults, next: steps })}\n`,
    );
  } else {
    for (const fault of faults) io.stderr(`\n${fault}\n`);
    io.stdout(`\nNext:\n${steps.map((step) => `  ${step}`).join('\n')}\n`);
  }
  return faults.length === 0 ? 0 : 1;
}

async function installAndSetUp(
  answers: Answers,
  done: Done,
  faults: string[],
  io: ScaffoldIo,
): Promise<void> {
  const compiles = Number(process.versions.napi) < 10 && answers.databaseUrl?.startsWith('postgres') !== true;
  io.stderr(
    `Installing with ${answers.packageManager}${compiles ? ' (on this Node the SQLite driver may be compiled: a minute or two)' : ''} ...\n`,
  );
  const installed = await install(answers.directory, answers.packageManager);
  if (!installed.ok) {
    const compiler = compiles
      ? ' On Node 20 the SQLite driver may have to be compiled: that needs Python 3, make and a C++ compiler (Debian: apt-get install python3 make g++). Node 22.14 and newer need none.'
      : '';
    faults.push(`The installation failed: ${installed.reason}. The files are whole.${compiler}`);
    return;
  }
  done.installed = true;
  if (answers.network === 'public') {
    // HOST_URL and the distribution key are the owner's to give first
    io.stderr('On the public network nothing is set up by itself: see the next steps.\n');
    return;
  }
  io.stderr('Setting up accounts, asset and database ...\n');
  const setUp = await runSetup(answers.directory, answers.packageManager);
  done.setUp = setUp.ok;
  if (!setUp.ok)
    faults.push(
      `The setup is not finished: ${setUp.reason}. Nothing is lost; \`anchor setup\` goes on from there.`,
    );
}

/** Seeds from the environment win over new ones, as they do later on. @throws SEED_INVALID (exit 2) */
function withGivenSeeds(keys: Keys, answers: Answers, env: ScaffoldIo['env']): Keys {
  const given = (name: string, made: string | null): string | null => {
    const seed = env[name];
    if (seed === undefined || seed === '' || made === null) return made;
    if (!isSeed(seed))
      throw badInput('SEED_INVALID', `${name} in the environment is not a Stellar secret key.`);
    return seed;
  };
  if (answers.network === 'public') return keys;
  return {
    ...keys,
    distributionSeed: given('DISTRIBUTION_SEED', keys.distributionSeed),
    issuerSeed: given('ISSUER_SEED', keys.issuerSeed),
  };
}

/** Keys that an earlier `.env` holds may be the only copies: they stay. */
function merged(file: PlannedFile, before: string): PlannedFile {
  return { ...file, text: keepValues(file.text, parseEnv(before)) };
}

function tellKeys(io: ScaffoldIo, keys: Keys, before: string | null): void {
  if (before !== null && (parseEnv(before).ADMIN_PASSWORD_HASH ?? '') !== '') {
    io.stderr('The keys in the .env that was there are kept.\n');
    return;
  }
  io.stderr('Made the keys in .env (mode 0600, ignored by git).\n');
  io.stderr(`The operator's password, shown this once: ${keys.adminPassword}\n`);
}
