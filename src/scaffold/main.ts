import { AnchorError, messageOf } from '../kernel/errors.ts';
import { scrub } from '../kernel/log.ts';
import type { Answers } from './answers.ts';
import { type CommandLine, readCommandLine } from './command-line.ts';
import { ownDependency } from './dependency.ts';

export interface ScaffoldIo {
  env: Record<string, string | undefined>;
  cwd: string;
  stdout(text: string): void;
  stderr(text: string): void;
  /** a person sits at both ends */
  terminal: boolean;
}

function processIo(): ScaffoldIo {
  return {
    env: process.env,
    cwd: process.cwd(),
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
    terminal: process.stdin.isTTY === true && process.stdout.isTTY === true && (process.env.CI ?? '') === '',
  };
}

/**
 * The `create-anchor` command: questions first, work after.
 *
 * @param argv the arguments after the command's name
 * @returns the exit status: 0 done, 1 failed or refused, 2 wrong use, 130 interrupted
 */
export async function main(argv: readonly string[], io: ScaffoldIo = processIo()): Promise<number> {
  const json = argv.includes('--json');
  try {
    const own = ownDependency(io.env);
    const line = await readCommandLine(argv, { cwd: io.cwd, env: io.env, version: own.version });
    if ('text' in line) {
      io.stdout(line.text);
      return 0;
    }
    const { create } = await import('./create.ts');
    return await create(await answer(line, io), line.typedDirectory, own, io, json);
  } catch (error) {
    if (error instanceof Error && error.name === 'ExitPromptError') {
      io.stderr('\nNothing was written.\n');
      return 130;
    }
    return printError(io, error, json);
  }
}

async function answer(line: CommandLine, io: ScaffoldIo): Promise<Answers> {
  const { ask, defaults } = await import('./questions.ts');
  const { checkTogether } = await import('./answers.ts');
  const { checkTarget } = await import('./write.ts');
  checkTarget(line.directory, line.force);
  const asks = io.terminal && !line.yes;
  if (!asks && !line.yes) io.stderr('No terminal here: every question takes its default, as with --yes.\n');
  const answered = asks ? await ask(line.directory, line.given) : defaults(line.directory, line.given);
  const fault = checkTogether(answered);
  if (fault !== null) throw fault;
  const { directory, databaseUrl, packageManager, install, git, force } = line;
  return { ...answered, directory, databaseUrl, packageManager, install, git, force };
}

function printError(io: ScaffoldIo, error: unknown, json: boolean): number {
  const expected = AnchorError.is(error);
  const code = expected ? error.code : 'UNEXPECTED';
  const message = scrub(messageOf(error));
  const hint = scrub(
    (expected ? error.hint : 'This is a fault of create-anchor itself. Please report it.') ?? '',
  );
  if (json) io.stdout(`${JSON.stringify({ error: { code, message, hint: hint === '' ? null : hint } })}\n`);
  else io.stderr(`error[${code}]: ${message}\n${hint === '' ? '' : `  hint: ${hint}\n`}`);
  if (!expected && error instanceof Error && error.stack) io.stderr(`${scrub(error.stack)}\n`);
  return expected ? error.exitStatus : 1;
}
