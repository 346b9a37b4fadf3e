import { AnchorError } from '../../kernel/errors.ts';
import { isSeed } from '../../kernel/strkey.ts';
import type { Command } from '../command.ts';
import { type Io, paint } from '../io.ts';
import { printJson, usageError } from '../output.ts';
import { readPiped } from '../piped.ts';
import { withRuntime } from '../runtime.ts';
import { askHidden } from '../seeds.ts';
import { onStop } from '../stop.ts';
import { portOption, textOption } from '../values.ts';

const DEFAULT_PORT = 8100;
const PIPE_WAIT_MS = 1_000;
const SECRET_CHARS = 24;

const command: Command = async (given, io) => {
  const port = portOption(given, { free: true }) ?? DEFAULT_PORT;
  const hostname = textOption(given, 'host') ?? '127.0.0.1';
  const stop = onStop(io);
  try {
    return await withRuntime(given, io, { integrations: false }, async ({ ctx, project }) => {
      const secret = io.env['SIGNER_SECRET'] ?? project.signer?.secret ?? '';
      if (secret.length < SECRET_CHARS) throw secretMissing();
      const seeds = await readSeeds(io);
      const { keyPairFromSeed } = await import('../../stellar/keys.ts');
      const keys = seeds.map(keyPairFromSeed);
      const { signerApp } = await import('../signer-app.ts');
      const { listen } = await import('../../server/listen.ts');
      const server = await listen(signerApp({ ctx, secret, keys }), { port, hostname });
      const url = `http://${hostname.includes(':') ? `[${hostname}]` : hostname}:${server.port}/`;
      const accounts = keys.map((pair) => pair.publicKey);
      if (given.json) printJson(io, { url, keys: accounts });
      else {
        io.stderr(`\n${paint(io, 'bold', 'Signer')} on ${paint(io, 'cyan', url)}\n`);
        for (const account of accounts) io.stderr(`  signs with ${account}\n`);
      }
      await stop.asked;
      await server.close();
      return stop.status(0);
    });
  } finally {
    stop.dispose();
  }
};

/** From SIGNER_SEEDS, standard input or a hidden prompt: one or several, with spaces, commas or lines between. */
async function readSeeds(io: Io): Promise<string[]> {
  const given = io.env['SIGNER_SEEDS'] ?? (await readPiped({ waitMs: PIPE_WAIT_MS }));
  let seeds = given.split(/[\s,]+/).filter((part) => part !== '');
  if (seeds.length === 0 && process.stdin.isTTY === true) {
    const seed = await askHidden('Secret key to sign with (Enter to stop)');
    seeds = seed === null ? [] : [seed];
  }
  if (seeds.length > 0 && seeds.every(isSeed)) return seeds;
  throw usageError(
    'SEED_INVALID',
    seeds.length === 0 ? 'No secret key was given.' : 'One of the secret keys given is not a valid one.',
    'Give SIGNER_SEEDS=S... in the environment, or secret keys on standard input, one a line.',
  );
}

const secretMissing = (): AnchorError =>
  new AnchorError({
    code: 'SIGNER_SECRET_MISSING',
    message: `SIGNER_SECRET is not set, or has fewer than ${SECRET_CHARS} characters.`,
    hint: 'Give the signer and the anchor the same random text, for example: openssl rand -hex 32',
  });

export default command;
