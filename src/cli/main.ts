import { AnchorError } from '../kernel/errors.ts';
import { COMMANDS } from './catalog.ts';
import { commandHelp, groupHelp, overview, wordsOf } from './help.ts';
import { type Io, processIo } from './io.ts';
import { printError, usageError } from './output.ts';
import { packageRoot } from './package-root.ts';
import { quietBundledDeprecation } from './quiet.ts';

/** Whatever looks like a secret key, valid or not: it is in the shell's history by now, so it is refused everywhere. */
const SEED_LIKE = /S[A-Z2-7]{55}/;

/**
 * The `anchor` command.
 *
 * @param argv the arguments after the command's name
 * @returns the exit status: 0 done, 1 failed, 2 wrong use, 130 or 143 stopped by a signal
 */
export async function main(argv: readonly string[], io: Io = processIo()): Promise<number> {
  const json = argv.includes('--json');
  try {
    if (argv.some((arg) => SEED_LIKE.test(arg))) {
      throw usageError(
        'SECRET_IN_ARGUMENTS',
        'A secret key was given as an argument. Arguments are visible to others and kept in the shell history.',
        'Give it through the environment (DISTRIBUTION_SEED), .env, standard input or the hidden prompt, and treat this key as seen.',
      );
    }
    const help = helpText(argv);
    if (help !== null) {
      io.stdout(help);
      return 0;
    }
    quietBundledDeprecation();
    const { parse } = await import('./parse.ts');
    const { entry, given } = parse(argv);
    const command = await entry.load();
    return await command.default(given, io);
  } catch (error) {
    return printError(io, error, json);
  }
}

/** Answers help and version from the catalog alone: nothing else is loaded for them. @throws COMMAND_UNKNOWN (exit 2) */
function helpText(argv: readonly string[]): string | null {
  const end = argv.indexOf('--');
  const flags = end < 0 ? argv : argv.slice(0, end);
  const words = wordsOf(flags);
  const asked = flags.includes('--help') || flags.includes('-h') || words[0] === 'help';
  if (words.length === 0 && (flags.includes('--version') || flags.includes('-V'))) {
    return `anchor ${packageRoot().version} (create-anchor)\n`;
  }
  if (words.length === 0 && (asked || flags.every((flag) => flag === '--json')))
    return overview(packageRoot().version);
  const [first, second] = words[0] === 'help' ? words.slice(1) : words;
  if (first === undefined) return overview(packageRoot().version);
  const group = COMMANDS.filter((entry) => entry.name.startsWith(`${first} `));
  const alone = COMMANDS.find((entry) => entry.name === first);
  if (!asked) return null;
  const entry = group.find((candidate) => candidate.name === `${first} ${second}`) ?? alone;
  if (entry !== undefined)
    return commandHelp(entry) + (entry === alone && group.length > 0 ? `\n${groupHelp(first, group)}` : '');
  if (group.length > 0) return groupHelp(first, group);
  throw new AnchorError({
    code: 'COMMAND_UNKNOWN',
    message: `There is no command ${first}.`,
    hint: '`anchor --help` lists the commands.',
    exitStatus: 2,
  });
}
