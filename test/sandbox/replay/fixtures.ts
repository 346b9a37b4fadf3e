import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { it } from 'vitest';

/** Recordings from a real network; their README says what each field means. */
export interface Step {
  name: string;
  note?: string;
  group?: string;
  source: string;
  hash: string;
  inner_hash?: string;
  envelope_xdr: string;
  last_closed_ledger: { ledger: number; close_time: number };
  http: Answer;
  applied: boolean;
  ledger: number;
  close_time: number;
  application_order?: number;
  result_xdr: string;
  result_meta_xdr?: string;
  fee_meta_xdr?: string;
  fee_charged: string | null;
  fee_account?: string;
  codes: { transaction: string; inner_transaction?: string; operations?: string[] };
  core_response?: { status: string; error?: string };
}

export interface Answer {
  status: number;
  content_type?: string;
  body: unknown;
}

export interface Scenario {
  scenario: string;
  title: string;
  network: string;
  network_passphrase: string;
  root_before: { account_id: string; sequence: string; balance: string };
  id_pool_before: string;
  roles: Record<string, { public_key: string }>;
  steps: Step[];
  ledgers: Record<string, { close_time: number; id_pool: string }>;
  final: Record<string, Record<string, Answer>>;
}

const checkout = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');

function findDirectory(): string | undefined {
  const named = process.env['FIXTURES_DIR'] ?? resolve(checkout, '../shared/fixtures/network');
  return [named, join(named, 'network')].find((directory) => existsSync(join(directory, 'manifest.json')));
}

export const directory = findDirectory();

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

function at(root: Json, pointer: string): Json {
  let value: Json = root;
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    value = (value as { [key: string]: Json })[key] as Json;
  }
  return value;
}

/** A string that starts with `@/` stands for the value at that JSON pointer of the same file. */
function resolvePointers(value: Json, root: Json): Json {
  if (typeof value === 'string') {
    return value.startsWith('@/') ? resolvePointers(at(root, value.slice(1)), root) : value;
  }
  if (Array.isArray(value)) return value.map((item) => resolvePointers(item, root));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolvePointers(item, root)]));
}

function readJson(path: string): unknown {
  const root = JSON.parse(readFileSync(path, 'utf8')) as Json;
  return resolvePointers(root, root);
}

function namesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder).filter((name) => name.endsWith('.json') && name !== 'manifest.json');
  return files.map((name) => name.slice(0, -'.json'.length)).sort();
}

export function scenarioNames(): string[] {
  return directory ? namesIn(directory) : [];
}

export function readScenario(name: string): Scenario {
  return readJson(join(directory ?? '', `${name}.json`)) as Scenario;
}

export function httpNames(): string[] {
  return directory ? namesIn(join(directory, 'http')) : [];
}

export function readHttp(name: string): unknown {
  return readJson(join(directory ?? '', 'http', `${name}.json`));
}

export interface Manifest {
  network_passphrase: string;
  root_account_id: string;
  base_fee_in_stroops: number;
  base_reserve_in_stroops: number;
  protocol_version: number;
  max_tx_set_size: number;
}

export function readManifest(): Manifest {
  return readJson(join(directory ?? '', 'manifest.json')) as Manifest;
}

/** Says loudly that nothing was replayed; in CI that is a failure. */
export function reportMissingFixtures(): void {
  const message = 'network recordings not found: set FIXTURES_DIR, or put them in ../shared/fixtures/network';
  if (process.env['CI'] === 'true') {
    it('finds the network recordings', () => {
      throw new Error(message);
    });
    return;
  }
  console.warn(`\n  SKIPPED: ${message}\n`);
  it.skip(`replay (${message})`, () => {});
}
