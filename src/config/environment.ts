import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'dotenv';
import { messageOf } from '../kernel/errors.ts';
import type { Faults } from './faults.ts';
import { editDistance } from './nearest.ts';

export const ENV_FILE = '.env';

/** The environment variables that are ours. `file`: `NAME_FILE` may name a file that holds the value. */
export const VARIABLES = {
  STELLAR_NETWORK: { file: false },
  STELLAR_NETWORK_PASSPHRASE: { file: false },
  HORIZON_URI: { file: false },
  FRIENDBOT_URI: { file: false },
  RPC_URI: { file: true },
  HOST_URL: { file: false },
  PORT: { file: false },
  SANDBOX_PORT: { file: false },
  LOCAL_MODE: { file: false },
  DATABASE_URL: { file: true },
  SIGNING_SEED: { file: true },
  SERVER_JWT_KEY: { file: true },
  ENCRYPTION_KEY: { file: true },
  ADMIN_PASSWORD_HASH: { file: true },
  DISTRIBUTION_SEED: { file: true },
  ISSUER_SEED: { file: true },
  RAILS_WEBHOOK_SECRET: { file: true },
  SIGNER_URL: { file: false },
  SIGNER_SECRET: { file: true },
} as const;

export type VariableName = keyof typeof VARIABLES;

export interface Variable {
  value: string;
  /** `.env: PORT`, `environment: PORT` */
  where: string;
}

export interface Environment {
  /** undefined when unset or empty */
  get(name: VariableName): Variable | undefined;
  /** what `.env` holds beside our own names: for the anchor's own code */
  readonly own: Readonly<Record<string, string>>;
}

/** Reads `.env` in `root`; the process environment beats it. An empty value counts as none. */
export function readEnvironment(
  root: string,
  process: Readonly<Record<string, string | undefined>>,
  faults: Faults,
): Environment {
  const file = readEnvFile(root, faults);
  const sources = [
    { label: 'environment', values: process },
    { label: ENV_FILE, values: file },
  ];
  refuseTypos(file, faults);
  const own = Object.fromEntries(Object.entries(file).filter(([name]) => ownerOf(name) === undefined));
  return {
    own,
    get(name) {
      for (const { label, values } of sources) {
        const plain = values[name]?.trim();
        if (plain) return { value: plain, where: `${label}: ${name}` };
        const path = VARIABLES[name].file ? values[`${name}_FILE`]?.trim() : undefined;
        const where = `${label}: ${name}_FILE`;
        if (path) return { value: readSecretFile(resolve(root, path), where, faults), where };
      }
      return undefined;
    },
  };
}

function readEnvFile(root: string, faults: Faults): Record<string, string> {
  const path = join(root, ENV_FILE);
  if (!existsSync(path)) return {};
  try {
    return parse(decode(readFileSync(path)));
  } catch (error) {
    faults.add('ENV_UNREADABLE', ENV_FILE, messageOf(error), 'Make it a text file that you may read.');
    return {};
  }
}

/** UTF-8, or UTF-16 as some Windows editors and shells write it. */
function decode(bytes: Buffer): string {
  const wide = bytes[0] === 0xff && bytes[1] === 0xfe;
  return bytes.toString(wide ? 'utf16le' : 'utf8').replace(/^\uFEFF/, '');
}

function readSecretFile(path: string, where: string, faults: Faults): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    faults.add('ENV_UNREADABLE', where, messageOf(error), 'It must name a file that holds the value.');
    return '';
  }
}

const NAMES = Object.keys(VARIABLES) as VariableName[];

function ownerOf(name: string): VariableName | undefined {
  return NAMES.find((known) => known === name || (VARIABLES[known].file && `${known}_FILE` === name));
}

/** `.env` may hold names of the anchor's own, so only those are refused that are nearly ours. */
function refuseTypos(file: Record<string, string>, faults: Faults): void {
  for (const name of Object.keys(file)) {
    if (ownerOf(name) !== undefined) continue;
    const meant = NAMES.find((known) => file[known] === undefined && isTypoOf(name.toUpperCase(), known));
    if (meant !== undefined) {
      faults.add('UNKNOWN_KEY', `${ENV_FILE}: ${name}`, 'not a name that exists', `Did you mean ${meant}?`);
    }
  }
}

/** One slip in six letters, and not in the first: REPORT is not PORT, POST_URL is not HOST_URL. */
const isTypoOf = (name: string, known: string): boolean =>
  name[0] === known[0] && editDistance(name, known) <= Math.floor(known.length / 6);
