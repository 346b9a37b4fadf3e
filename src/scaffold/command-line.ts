import { basename } from 'node:path';
import { Command, CommanderError } from 'commander';
import { badInput } from '../kernel/errors.ts';
import {
  type Answers,
  checkAsset,
  checkChoice,
  checkDatabaseUrl,
  checkDirectory,
  checkIssuer,
  checkName,
  checkSeps,
  NETWORKS,
  PACKAGE_MANAGERS,
  type PackageManager,
} from './answers.ts';
import type { Given } from './questions.ts';

export interface CommandLine
  extends Pick<Answers, 'directory' | 'databaseUrl' | 'packageManager' | 'install' | 'git' | 'force'> {
  typedDirectory: string;
  given: Given;
  yes: boolean;
}

const SEED_LIKE = /S[A-Z2-7]{55}/;

interface Surroundings {
  cwd: string;
  env: Record<string, string | undefined>;
  version: string;
}

/**
 * Reads the arguments, or answers the text that was asked for (help, version).
 *
 * @throws SECRET_IN_ARGUMENTS, USAGE_WRONG and those of the answers (all exit 2)
 */
export async function readCommandLine(
  argv: readonly string[],
  around: Surroundings,
): Promise<CommandLine | { text: string }> {
  if (argv.some((arg) => SEED_LIKE.test(arg))) {
    throw badInput(
      'SECRET_IN_ARGUMENTS',
      'A secret key was given as an argument. Arguments are visible to others and kept in the shell history.',
      'Give it through the environment (DISTRIBUTION_SEED, ISSUER_SEED), and treat this key as seen.',
    );
  }
  const printed: string[] = [];
  const program = commandOf(around.version, (text) => printed.push(text));
  try {
    // `npm create anchor my-anchor -- --yes` may hand the `--` through
    program.parse(argv[0] === '--' ? argv.slice(1) : [...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { text: printed.join('') };
    throw badInput(
      'USAGE_WRONG',
      error.message.replace(/^error: /, ''),
      '`create-anchor --help` tells what there is.',
    );
  }
  return interpret(program, around);
}

function interpret(program: Command, { cwd, env }: Surroundings): CommandLine {
  const options = program.opts<Record<string, string | boolean | undefined>>();
  const text = (name: string): string | undefined => {
    const value = options[name];
    return typeof value === 'string' ? value : undefined;
  };
  const read = <T>(name: string, check: (value: string) => T): T | undefined => {
    const value = text(name);
    return value === undefined ? undefined : check(value);
  };
  const typedDirectory = program.args[0] ?? 'my-anchor';
  return {
    directory: checkDirectory(typedDirectory, cwd),
    typedDirectory,
    given: {
      name: read('name', checkName),
      network: read('network', (value) => checkChoice('--network', value, NETWORKS)),
      asset: read('asset', checkAsset),
      issuer: read('issuer', checkIssuer),
      seps: read('seps', checkSeps),
    },
    databaseUrl: read('databaseUrl', checkDatabaseUrl) ?? null,
    packageManager:
      read('packageManager', (value) => checkChoice('--package-manager', value, PACKAGE_MANAGERS)) ??
      managerOf(env.npm_config_user_agent),
    install: options.install !== false,
    git: options.git !== false,
    force: options.force === true,
    yes: options.yes === true,
  };
}

/** The package manager that started us says so in the environment. */
export function managerOf(userAgent: string | undefined): PackageManager {
  const name = basename((userAgent ?? '').split(' ')[0]?.split('/')[0] ?? '');
  return PACKAGE_MANAGERS.find((manager) => manager === name) ?? 'npm';
}

function commandOf(version: string, print: (text: string) => void): Command {
  return new Command('create-anchor')
    .description('Writes a Stellar anchor, sets it up and says how to start it.')
    .argument('[directory]', 'where to put it', 'my-anchor')
    .option('--name <organization>', 'name of the organization (default: from the directory)')
    .option('--network <network>', 'sandbox, testnet or public (default: sandbox)')
    .option('--asset <code>', 'code of the asset (default: SRT)')
    .option('--issuer <account>', 'register the existing asset of this issuer (G...) instead of issuing one')
    .option('--seps <list>', 'SEPs to switch on (default: 1,10,24)')
    .option('--database-url <url>', 'postgres://... or sqlite:PATH (default: SQLite in data/)')
    .option('--package-manager <manager>', 'npm, pnpm, yarn or bun (default: the one that started this)')
    .option('--no-install', 'only write the files')
    .option('--no-git', 'make no git repository')
    .option('--force', 'write into a directory that holds files; overwrites only its own')
    .option('-y, --yes', 'take every default, ask nothing')
    .option('--json', 'one JSON document on standard output')
    .version(`create-anchor ${version}`, '-V, --version', 'name and version')
    .helpOption('-h, --help', 'this help')
    .addHelpText(
      'after',
      `
Examples:
  create-anchor my-anchor
  create-anchor my-anchor --yes --network testnet --asset ABC --name "Example Ltd"

Secret keys are never arguments: DISTRIBUTION_SEED and ISSUER_SEED are taken from the environment where they are set.`,
    )
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeOut: print, writeErr: () => {}, outputError: () => {} })
    .action(() => {});
}
