import { scryptSync } from 'node:crypto';
import type { Ids } from '../kernel/ids.ts';
import { encodeStrKey } from '../kernel/strkey.ts';
import type { Answers } from './answers.ts';

/** What goes into `.env`, and the operator's password, which goes nowhere but to the screen. */
export interface Keys {
  signingSeed: string;
  jwtKey: string;
  encryptionKey: string;
  /** of the PostgreSQL that compose.yaml starts */
  postgresPassword: string;
  adminPassword: string;
  adminPasswordHash: string;
  /** sandbox and testnet only */
  distributionSeed: string | null;
  /** sandbox and testnet only, where the asset is our own */
  issuerSeed: string | null;
}

const LETTERS = 'abcdefghjkmnpqrstuvwxyz23456789';
/** scrypt's cost: 16 MB and some 50 ms for each try */
const COST = { N: 16384, r: 8, p: 1 };

/** Makes every secret of a project with node:crypto alone: no SDK, nothing native. */
export function makeKeys(answers: Pick<Answers, 'network' | 'asset' | 'issuer'>, ids: Ids): Keys {
  const seed = () => encodeStrKey('seed', ids.bytes(32));
  const test = answers.network !== 'public' && answers.asset !== null;
  const adminPassword = password(ids);
  return {
    signingSeed: seed(),
    jwtKey: ids.bytes(32).toString('base64url'),
    encryptionKey: `k1:${ids.bytes(32).toString('base64')}`,
    postgresPassword: ids.bytes(18).toString('base64url'),
    adminPassword,
    adminPasswordHash: hashPassword(adminPassword, ids),
    distributionSeed: test ? seed() : null,
    issuerSeed: test && answers.issuer === null && answers.asset !== 'native' ? seed() : null,
  };
}

/** Four groups of four out of 31 letters: 79 bits. */
function password(ids: Ids): string {
  const letters: string[] = [];
  while (letters.length < 16) {
    for (const byte of ids.bytes(16)) {
      if (byte < 248 && letters.length < 16) letters.push(LETTERS[byte % 31] as string);
    }
  }
  return letters.join('').replace(/(.{4})(?=.)/g, '$1-');
}

/** `scrypt:N:r:p:salt:hash`, salt and hash in base64url: no sign that a shell or compose would read as its own. */
export function hashPassword(password: string, ids: Ids): string {
  const salt = ids.bytes(16);
  const hash = scryptSync(password.normalize('NFKC'), salt, 32, COST);
  return ['scrypt', COST.N, COST.r, COST.p, salt.toString('base64url'), hash.toString('base64url')].join(':');
}
