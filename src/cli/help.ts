import { COMMANDS, COMMON_OPTIONS, type CommandEntry } from './catalog.ts';

/** The text of `anchor --help`. */
export function overview(version: string): string {
  const width = Math.max(...COMMANDS.map((entry) => usage(entry).length)) + 2;
  const lines = COMMANDS.map((entry) => `  ${usage(entry).padEnd(width)}${entry.summary}`);
  return `anchor ${version} (create-anchor): runs a Stellar anchor

Usage: anchor <command> [options]

Commands:
${lines.join('\n')}

Options:
${options(COMMON_OPTIONS)}
  -V, --version    name and version

Example:
  anchor dev

\`anchor <command> --help\` tells more. Exit status: 0 done, 1 failed, 2 wrong use, 130 and 143 stopped by a signal.
`;
}

/** The text of `anchor <command> --help`. */
export function commandHelp(entry: CommandEntry): string {
  const notes = entry.notes === undefined ? '' : `\n${entry.notes.join('\n')}\n`;
  return `Usage: anchor ${usage(entry)} [options]

${capital(entry.summary)}.
${notes}
Options:
${options([...entry.options, ...COMMON_OPTIONS])}

${entry.examples.length === 1 ? 'Example' : 'Examples'}:
${entry.examples.map((line) => `  ${line}`).join('\n')}
`;
}

/** For a group such as `tx`: its commands. */
export function groupHelp(group: string, entries: readonly CommandEntry[]): string {
  const width = Math.max(...entries.map((entry) => usage(entry).length)) + 2;
  return `Usage: anchor ${group} <command> [options]

Commands:
${entries.map((entry) => `  ${usage(entry).padEnd(width)}${entry.summary}`).join('\n')}

Examples:
${entries.map((entry) => `  ${entry.examples[0]}`).join('\n')}
`;
}

const usage = (entry: CommandEntry): string => [entry.name, ...entry.args].join(' ');

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function options(list: readonly (readonly [string, string])[]): string {
  const width = Math.max(...list.map(([flags]) => flags.length)) + 2;
  return list.map(([flags, text]) => `  ${flags.padEnd(width)}${text}`).join('\n');
}

/** The arguments that are no options. */
export function wordsOf(argv: readonly string[]): string[] {
  return argv.filter((arg, at) => !arg.startsWith('-') && argv[at - 1] !== '--config');
}
