import { Command as Commander, CommanderError } from 'commander';
import { COMMANDS, type CommandEntry } from './catalog.ts';
import type { Given } from './command.ts';
import { wordsOf } from './help.ts';
import { usageError } from './output.ts';

const CODES: Record<string, string> = {
  'commander.unknownCommand': 'COMMAND_UNKNOWN',
  'commander.unknownOption': 'OPTION_UNKNOWN',
  'commander.excessArguments': 'ARGUMENT_UNEXPECTED',
  'commander.missingArgument': 'ARGUMENT_MISSING',
  'commander.optionMissingArgument': 'OPTION_VALUE_MISSING',
};

/**
 * Finds the command and what was given to it; runs nothing.
 *
 * @throws COMMAND_UNKNOWN, OPTION_UNKNOWN, ARGUMENT_UNEXPECTED, ARGUMENT_MISSING, OPTION_VALUE_MISSING (exit 2)
 */
export function parse(argv: readonly string[]): { entry: CommandEntry; given: Given } {
  let chosen: { entry: CommandEntry; given: Given } | undefined;
  const program = common(quiet(new Commander('anchor')));
  for (const entry of COMMANDS) {
    const command = place(program, entry.name);
    for (const arg of entry.args) command.argument(arg.startsWith('[') ? arg : `<${arg}>`);
    for (const [flags, text] of entry.options) command.option(flags, text);
    command.allowExcessArguments(false);
    command.action((...all: unknown[]) => {
      const options = command.optsWithGlobals() as Record<string, string | boolean | undefined>;
      chosen = {
        entry,
        given: {
          // what a last argument such as FIELD... collects follows the others
          args: all.slice(0, entry.args.length).flat() as (string | undefined)[],
          options,
          json: options.json === true,
          config: typeof options.config === 'string' ? options.config : undefined,
        },
      };
    });
  }
  try {
    program.parse([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    const [message = '', ...more] = error.message.replace(/^error: /, '').split('\n');
    const code = CODES[error.code] ?? 'USAGE_WRONG';
    if (error.code === 'commander.help') throw commandMissing(argv);
    throw usageError(code, message, [...more, helpLine(argv)].join('\n'));
  }
  if (chosen === undefined) throw commandMissing(argv);
  return chosen;
}

function place(program: Commander, name: string): Commander {
  let parent = program;
  for (const word of name.split(' ')) {
    parent =
      parent.commands.find((command) => command.name() === word) ?? common(quiet(parent.command(word)));
  }
  return parent;
}

/** What every command takes, before its name and after it. */
const common = (command: Commander): Commander => command.option('--json').option('--config <dir>');

/** Nothing is printed and nothing exits on its own; help is ours. */
function quiet(command: Commander): Commander {
  return command
    .exitOverride()
    .helpOption(false)
    .helpCommand(false)
    .configureOutput({ writeOut: () => {}, writeErr: () => {}, outputError: () => {} });
}

function commandMissing(argv: readonly string[]): Error {
  const first = wordsOf(argv)[0];
  const group = COMMANDS.filter((entry) => entry.name.startsWith(`${first} `));
  if (group.length === 0) return usageError('COMMAND_MISSING', 'No command was given.', helpLine(argv));
  const names = group.map((entry) => `anchor ${entry.name}`).join(', ');
  return usageError('COMMAND_MISSING', `anchor ${first} needs one more word.`, `There are: ${names}.`);
}

function helpLine(argv: readonly string[]): string {
  const known = entryOf(argv);
  return `\`anchor ${known === undefined ? '' : `${known.name} `}--help\` tells what there is.`;
}

function entryOf(argv: readonly string[]): CommandEntry | undefined {
  const [first, second] = wordsOf(argv);
  return (
    COMMANDS.find((entry) => entry.name === `${first} ${second}`) ??
    COMMANDS.find((entry) => entry.name === first)
  );
}
