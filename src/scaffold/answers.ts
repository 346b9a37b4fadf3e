import { resolve } from 'node:path';
import { isAssetCode } from '../kernel/assets.ts';
import { type AnchorError, badInput } from '../kernel/errors.ts';
import { isAccount } from '../kernel/strkey.ts';

export const NETWORKS = ['sandbox', 'testnet', 'public'] as const;
export const PACKAGE_MANAGERS = ['npm', 'pnpm', 'yarn', 'bun'] as const;
/** SEPs that this version can switch on. */
export const SEPS = [1, 6, 10, 12, 24, 31, 38] as const;
/** Those that a project has where nothing is said. */
export const DEFAULT_SEPS = [1, 10, 24] as const;
/** Without these they do not work; SEP-1 goes without saying. */
const NEEDS: Readonly<Record<number, readonly number[]>> = { 6: [10], 12: [10], 24: [10], 31: [10, 12] };

export type Network = (typeof NETWORKS)[number];
export type PackageManager = (typeof PACKAGE_MANAGERS)[number];

/** Everything that is asked or given by flags; the rest of the scaffolder follows from it. */
export interface Answers {
  /** absolute */
  directory: string;
  /** the organization's name */
  name: string;
  network: Network;
  /** code of the asset; `native` for XLM; null where an asset is registered later (public network) */
  asset: string | null;
  /** its issuer; null: the asset is issued by `anchor setup` (sandbox, testnet) or native */
  issuer: string | null;
  seps: readonly number[];
  /** null: SQLite in `data/` */
  databaseUrl: string | null;
  packageManager: PackageManager;
  install: boolean;
  git: boolean;
  force: boolean;
}

/** @throws DIRECTORY_NAME_INVALID (exit 2) */
export function checkDirectory(text: string, cwd: string): string {
  if (text.trim() === '' || /[\u0000-\u001f\u007f]/.test(text)) {
    throw badInput('DIRECTORY_NAME_INVALID', 'The directory needs a name without control characters.');
  }
  return resolve(cwd, text);
}

/** The organization's name, as people read it. @throws ORGANIZATION_NAME_INVALID (exit 2) */
export function checkName(text: string): string {
  const name = text.trim();
  if (
    name === '' ||
    name.length > 100 ||
    /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(name) ||
    !name.isWellFormed()
  ) {
    throw badInput(
      'ORGANIZATION_NAME_INVALID',
      'The organization needs a name of at most 100 characters, on one line.',
      'Give it with --name "Example Ltd".',
    );
  }
  return name;
}

/** `XLM` and `native` are the network's own token. @throws ASSET_CODE_INVALID (exit 2) */
export function checkAsset(text: string): string {
  if (/^(?:xlm|native)$/i.test(text)) return 'native';
  if (isAssetCode(text)) return text;
  throw badInput(
    'ASSET_CODE_INVALID',
    'An asset code has 1 to 12 letters and digits (A-Z, a-z, 0-9).',
    'For example: --asset SRT',
  );
}

/** @throws ISSUER_INVALID (exit 2) */
export function checkIssuer(text: string): string {
  if (isAccount(text)) return text;
  throw badInput(
    'ISSUER_INVALID',
    'The issuer must be a Stellar account: G and 55 more characters, with a right checksum.',
  );
}

/** @throws SEPS_INVALID (exit 2) */
export function checkSeps(text: string): number[] {
  const parts = text.split(',').map((part) => part.trim().replace(/^sep-?/i, ''));
  const seps = [...new Set(parts.map(Number))].sort((a, b) => a - b);
  const unknown = parts.find((part) => !SEPS.some((sep) => String(sep) === part));
  if (unknown !== undefined) {
    throw badInput(
      'SEPS_INVALID',
      `This version knows the SEPs ${SEPS.join(', ')}.`,
      'For example: --seps 1,10,24',
    );
  }
  return [...new Set([1, ...seps, ...seps.flatMap((sep) => NEEDS[sep] ?? [])])].sort((a, b) => a - b);
}

/** @throws DATABASE_URL_INVALID, DATABASE_MYSQL_UNSUPPORTED (exit 2); the URL is not repeated, it may hold a password */
export function checkDatabaseUrl(text: string): string {
  if (/^(?:mysql2?|mariadb):/i.test(text)) {
    throw badInput(
      'DATABASE_MYSQL_UNSUPPORTED',
      'MySQL is not supported yet.',
      'Use sqlite:PATH or postgres://...',
    );
  }
  if (/^sqlite:[^\0\r\n]+$/.test(text)) return text;
  if (/^postgres(?:ql)?:\/\//.test(text) && !/[\s\0]/.test(text) && URL.canParse(text)) return text;
  throw badInput(
    'DATABASE_URL_INVALID',
    'The database URL must be sqlite:PATH or postgres://user:password@host/name.',
  );
}

/** Any of a few words. @throws CHOICE_INVALID (exit 2) */
export function checkChoice<T extends string>(option: string, text: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === text);
  if (found === undefined)
    throw badInput('CHOICE_INVALID', `${option} must be one of: ${choices.join(', ')}.`);
  return found;
}

/** Rules between answers. */
export function checkTogether(answers: Pick<Answers, 'network' | 'asset' | 'issuer'>): AnchorError | null {
  if (answers.asset === 'native' && answers.issuer !== null) {
    return badInput('ISSUER_INVALID', 'XLM has no issuer.', 'Leave --issuer away, or give another --asset.');
  }
  if (
    answers.network === 'public' &&
    answers.asset !== null &&
    answers.asset !== 'native' &&
    answers.issuer === null
  ) {
    return badInput(
      'ISSUER_MISSING',
      'On the public network an existing asset is registered; this tool does not issue one there.',
      'Give --issuer G..., or leave --asset away and run `anchor add-asset` later.',
    );
  }
  return null;
}
