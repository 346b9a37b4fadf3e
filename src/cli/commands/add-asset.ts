import { NATIVE, type StellarAsset } from '../../kernel/assets.ts';
import { registerAsset, registerElsewhere } from '../../payments/provision/index.ts';
import type { Command, Given } from '../command.ts';
import { usageError } from '../output.ts';
import { printRegistered } from '../registered.ts';
import { withRuntime } from '../runtime.ts';
import { projectSeeds } from '../seeds.ts';
import { accountOption, assetCode } from '../values.ts';

const command: Command = async (given, io) => {
  const asset = wanted(given);
  const elsewhere = accountOption(given, 'distribution');
  return withRuntime(
    given,
    io,
    { integrations: false, sandbox: true, logLevel: 'warn' },
    async ({ ctx, project }) => {
      const say = (text: string) => io.stderr(`- ${text}\n`);
      const seeds = projectSeeds(project, io);
      const done =
        elsewhere === undefined
          ? await registerAsset(ctx, asset, seeds, say)
          : await registerElsewhere(ctx, asset, elsewhere, seeds, say);
      printRegistered(given, io, done);
      return 0;
    },
  );
};

function wanted(given: Given): StellarAsset {
  const code = assetCode(given.args[0]);
  const issuer = accountOption(given, 'issuer');
  if (code === 'native') {
    if (issuer === undefined) return NATIVE;
    throw usageError('ISSUER_UNEXPECTED', 'XLM has no issuer.', 'Leave --issuer away.');
  }
  if (issuer !== undefined) return { code, issuer };
  throw usageError(
    'ISSUER_MISSING',
    'Which asset is it? --issuer is missing.',
    'Example: anchor add-asset SRT --issuer G...',
  );
}

export default command;
