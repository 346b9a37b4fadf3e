import type { Project } from '../config/project.ts';
import { isSeed } from '../kernel/strkey.ts';
import type { Seeds } from '../payments/provision/index.ts';
import { readEnvFile, writeEnvFile } from './env-file.ts';
import type { Io } from './io.ts';
import { usageError } from './output.ts';
import { readPiped } from './piped.ts';

/** how long something that pipes into us may take to say its first word */
const PIPE_WAIT_MS = 250;
const PUBLIC_PIPE_WAIT_MS = 5_000;

/**
 * Secret keys from the environment, `.env`, standard input or, on a terminal and the public network, a hidden prompt. A
 * distribution key leaves `.env` as soon as it is safe in the database.
 */
export function projectSeeds(project: Project, io: Io): Seeds {
  let piped: Promise<{ distribution: string | null; issuer: string | null }> | undefined;
  const fromInput = () => {
    piped ??= readInput(project.network.name === 'public' ? PUBLIC_PIPE_WAIT_MS : PIPE_WAIT_MS);
    return piped;
  };
  return {
    async distribution() {
      const given = project.secrets.distributionSeed ?? (await fromInput()).distribution;
      if (given !== null || project.network.name !== 'public' || process.stdin.isTTY !== true) return given;
      return askHidden('Secret key of the distribution account (Enter to stop)');
    },
    async distributionStored() {
      if (readEnvFile(project.root).DISTRIBUTION_SEED) writeEnvFile(project.root, { DISTRIBUTION_SEED: '' });
    },
    async issuer() {
      return project.secrets.issuerSeed ?? (await fromInput()).issuer;
    },
    async keepIssuer(seed) {
      writeEnvFile(project.root, { ISSUER_SEED: seed });
      io.stderr(
        'made an issuer key: ISSUER_SEED in .env; delete the line when nothing more is to be issued\n',
      );
    },
  };
}

export async function askHidden(message: string): Promise<string | null> {
  const { password } = await import('@inquirer/prompts');
  const text = await password({
    message,
    mask: false,
    validate: (value) => value.trim() === '' || isSeed(value.trim()) || 'This is not a Stellar secret key.',
  });
  return text.trim() === '' ? null : text.trim();
}

/** `S...` or `DISTRIBUTION_SEED=S...` and `ISSUER_SEED=S...`, one a line. @throws SEED_INVALID (exit 2) */
export function readSeedLines(text: string): { distribution: string | null; issuer: string | null } {
  const found: { distribution: string | null; issuer: string | null } = { distribution: null, issuer: null };
  for (const line of text.split(/\r?\n/).map((part) => part.trim())) {
    if (line === '') continue;
    const match = /^(?:(DISTRIBUTION_SEED|ISSUER_SEED)\s*=\s*)?(\S+)$/.exec(line);
    if (match === null || !isSeed(match[2])) {
      throw usageError(
        'SEED_INVALID',
        'What came on standard input is not a Stellar secret key.',
        'Send S... or DISTRIBUTION_SEED=S... on a line of its own.',
      );
    }
    if (match[1] === 'ISSUER_SEED') found.issuer = match[2] ?? null;
    else found.distribution = match[2] ?? null;
  }
  return found;
}

/** Reads what is piped in, and does not wait for what never comes. */
async function readInput(waitMs: number): Promise<{ distribution: string | null; issuer: string | null }> {
  return readSeedLines(await readPiped({ waitMs }));
}
