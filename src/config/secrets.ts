import { isAbsolute, resolve } from 'node:path';
import { isSeed } from '../kernel/strkey.ts';
import type { Environment, VariableName } from './environment.ts';
import type { Faults } from './faults.ts';
import type { ExternalSigner, NetworkName, Secrets } from './project.ts';

const JWT_KEY_CHARS = 32;
const WEBHOOK_SECRET_CHARS = 24;

const secretsIn = (value: string): string[] => value.split(',').map((one) => one.trim());

/** Secrets are checked for their form here and never repeated; whoever needs an absent one says so. */
export function readSecrets(env: Environment, network: NetworkName, faults: Faults): Secrets {
  const checked = (
    name: VariableName,
    valid: (value: string) => boolean,
    fix: string,
  ): string | undefined => {
    const given = env.get(name);
    if (given === undefined || given.value === '') return undefined;
    if (valid(given.value)) return given.value;
    const length = `a text of ${given.value.length} characters that is not in the right form`;
    faults.add('VALUE_INVALID', given.where, length, fix);
    return undefined;
  };
  const seed = (name: VariableName): string | undefined =>
    checked(name, isSeed, 'This must be a Stellar secret key: S and 55 more letters and digits.');
  const issuer = env.get('ISSUER_SEED');
  if (network === 'public' && issuer !== undefined) {
    const fix = "Remove it: the issuer's secret key does not belong on a server of the public network.";
    faults.add('SECRET_MISPLACED', issuer.where, 'a value, on the public network', fix);
  }
  const webhook = checked(
    'RAILS_WEBHOOK_SECRET',
    (value) => secretsIn(value).every((one) => one.length >= WEBHOOK_SECRET_CHARS),
    `This must be a random text of at least ${WEBHOOK_SECRET_CHARS} characters, or several separated by commas.`,
  );
  return {
    signingSeed: seed('SIGNING_SEED'),
    jwtKey: checked(
      'SERVER_JWT_KEY',
      (value) => value.length >= JWT_KEY_CHARS,
      `This must be a random text of at least ${JWT_KEY_CHARS} characters.`,
    ),
    encryptionKey: checked('ENCRYPTION_KEY', isEncryptionKey, ENCRYPTION_KEY_FIX),
    adminPasswordHash: env.get('ADMIN_PASSWORD_HASH')?.value,
    distributionSeed: seed('DISTRIBUTION_SEED'),
    issuerSeed: seed('ISSUER_SEED'),
    railsWebhook: webhook === undefined ? undefined : secretsIn(webhook),
  };
}

const ENCRYPTION_KEY_FIX =
  'This must be kid:base64 of 32 bytes, or several with different kids separated by commas. Make one with: ' +
  `node -p "'k1:'+require('crypto').randomBytes(32).toString('base64')"`;

/** `kid:base64(32 bytes)[,…]`, as the secret box reads it */
function isEncryptionKey(text: string): boolean {
  const parts = text.split(',').map((part) => part.trim());
  const kids = parts.map((part) => part.split(':')[0]);
  return (
    parts.every((part) => /^[\w-]{1,32}:[A-Za-z0-9+/_-]{43}=?$/.test(part)) &&
    new Set(kids).size === kids.length
  );
}

const SIGNER_SECRET_CHARS = 24;

/** SIGNER_URL and SIGNER_SECRET, which go together; neither: keys are in the database. */
export function readSigner(
  env: Environment,
  network: NetworkName,
  faults: Faults,
): ExternalSigner | undefined {
  const url = env.get('SIGNER_URL');
  const secret = env.get('SIGNER_SECRET');
  if (url === undefined) return undefined;
  const address = URL.canParse(url.value) ? new URL(url.value) : null;
  const loopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(address?.hostname ?? '');
  const safe = address?.protocol === 'https:' || (address?.protocol === 'http:' && loopback);
  const sandbox = address?.protocol === 'http:' && network === 'sandbox';
  if (address === null || address.username !== '' || !(safe || sandbox)) {
    const fix = 'Write https://HOST/PATH; plain http is for a loopback host, or for the sandbox.';
    faults.add('VALUE_INVALID', url.where, 'not an address that signatures can be asked of', fix);
  }
  if (secret === undefined || secret.value.length < SIGNER_SECRET_CHARS) {
    const fix = `Give the signer and this anchor the same random text of at least ${SIGNER_SECRET_CHARS} characters.`;
    const found = secret === undefined ? 'not set, although SIGNER_URL is' : 'too short';
    faults.add('VALUE_INVALID', secret?.where ?? 'SIGNER_SECRET', found, fix);
  }
  return { url: url.value, secret: secret?.value ?? '' };
}

/** `sqlite:` paths become absolute. The address may hold a password and is never repeated. */
export function readDatabaseUrl(
  env: Environment,
  root: string,
  network: NetworkName,
  faults: Faults,
): string {
  const given = env.get('DATABASE_URL');
  const url = given?.value || `sqlite:data/anchor-${network}.db`;
  if (/^postgres(ql)?:\/\/\S+$/i.test(url)) return url;
  const path = /^sqlite:(?:\/\/(?=\/))?(.+)$/is.exec(url)?.[1];
  if (path !== undefined && !path.startsWith('//') && !path.includes(':memory:')) {
    return `sqlite:${isAbsolute(path) ? path : resolve(root, path)}`;
  }
  const mysql = /^(mysql2?|mariadb):/i.test(url);
  faults.add(
    'VALUE_INVALID',
    given?.where ?? 'DATABASE_URL',
    mysql ? 'MySQL, which is not supported yet' : 'not an address of a database that we know',
    'Write sqlite:PATH or postgres://user:password@host:5432/name.',
  );
  return `sqlite:${resolve(root, 'data/invalid.db')}`;
}
