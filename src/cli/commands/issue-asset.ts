import { issueAsset } from '../../payments/provision/index.ts';
import type { Command } from '../command.ts';
import { usageError } from '../output.ts';
import { printRegistered } from '../registered.ts';
import { withRuntime } from '../runtime.ts';
import { projectSeeds } from '../seeds.ts';
import { amountOption, assetCode, flagOption } from '../values.ts';

const command: Command = async (given, io) => {
  const code = assetCode(given.args[0]);
  if (code === 'native')
    throw usageError('ASSET_CODE_INVALID', 'XLM cannot be issued.', 'Choose another code.');
  const supply = amountOption(given, 'supply') ?? null;
  const request = { code, supply, clawback: flagOption(given, 'clawback') };
  return withRuntime(
    given,
    io,
    { integrations: false, sandbox: true, logLevel: 'warn' },
    async ({ ctx, project }) => {
      const say = (text: string) => io.stderr(`- ${text}\n`);
      printRegistered(given, io, await issueAsset(ctx, request, projectSeeds(project, io), say));
      return 0;
    },
  );
};

export default command;
