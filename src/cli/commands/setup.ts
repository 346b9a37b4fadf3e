import type { Command } from '../command.ts';
import { paint } from '../io.ts';
import { printJson } from '../output.ts';
import { setUp } from '../setup.ts';

const command: Command = async (given, io) => {
  const result = await setUp(given, io, (text) => io.stderr(`${paint(io, 'green', '-')} ${text}\n`));
  if (given.json) {
    printJson(io, result);
    return 0;
  }
  io.stdout(`Everything is set up on ${result.network}.\n`);
  for (const { code, issuer, distribution } of result.assets) {
    io.stdout(
      `  ${code}${issuer === null ? '' : `, issuer ${issuer}`}, distribution account ${distribution}\n`,
    );
  }
  if (result.channels !== undefined) io.stdout(`  ${result.channels} channel accounts\n`);
  if (result.assets.length === 0) io.stdout('  No asset yet: anchor add-asset CODE --issuer G...\n');
  return 0;
};

export default command;
