import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, TomlError } from 'smol-toml';
import { messageOf } from '../kernel/errors.ts';
import { type Faults, shown } from './faults.ts';
import { suggestion } from './nearest.ts';
import { account, domain, flag, listOf, oneOf, type Reader, text } from './readers.ts';

export const CLIENTS_FILE = 'clients.toml';

/** A wallet that this anchor knows. */
export interface Client {
  name: string;
  /** `custodial`: it logs in with its own accounts, for many users; `noncustodial`: its users log in, and it proves its domain */
  type: 'custodial' | 'noncustodial';
  /** client_domain values of a non-custodial wallet */
  domains: readonly string[];
  /** `G…` with which a custodial wallet logs in */
  accounts: readonly string[];
  /** told of every change of its users' transactions and customers; by SEP where it differs */
  callbackUrl: string | undefined;
  callbackUrls: Readonly<Partial<Record<ClientSep, string>>>;
  /** whether deposits may go to other accounts than those it logs in with; custodial wallets only */
  allowAnyDestination: boolean;
  /** other accounts that its deposits may go to */
  destinationAccounts: readonly string[];
}

export type ClientSep = 'sep6' | 'sep12' | 'sep24' | 'sep31';

const URLS = ['sep6', 'sep12', 'sep24', 'sep31'] as const;

/** where callbacks may go */
export const callbackAddress: Reader<string> = {
  expected: 'a https address (http on localhost only)',
  read(value) {
    if (typeof value !== 'string' || value.length > 2_000 || !URL.canParse(value)) return undefined;
    const { protocol, hostname, username, password } = new URL(value);
    if (username !== '' || password !== '') return undefined;
    const local = hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]';
    return protocol === 'https:' || (protocol === 'http:' && local) ? value : undefined;
  },
};

const KEYS: Readonly<Record<string, Reader<unknown>>> = {
  name: text,
  type: oneOf(['custodial', 'noncustodial'] as const),
  domains: listOf(domain),
  accounts: listOf(account),
  callback_url: callbackAddress,
  allow_any_destination: flag,
  destination_accounts: listOf(account),
  ...Object.fromEntries(URLS.map((sep) => [`callback_url_${sep}`, callbackAddress])),
};

/** Reads clients.toml where there is one: `[[clients]]`, one for each wallet. What is wrong goes to `faults`. */
export function readClients(root: string, faults: Faults): readonly Client[] {
  const path = join(root, CLIENTS_FILE);
  if (!existsSync(path)) return [];
  let document: Record<string, unknown>;
  try {
    document = parse(readFileSync(path, 'utf8').replace(/^\uFEFF/, ''));
  } catch (error) {
    const where = error instanceof TomlError ? `${CLIENTS_FILE}:${error.line}:${error.column}` : CLIENTS_FILE;
    faults.add(
      'TOML_UNREADABLE',
      where,
      messageOf(error).split('\n')[0] ?? '',
      'Each wallet is a table: [[clients]].',
    );
    return [];
  }
  const { clients = [], ...others } = document;
  for (const key of Object.keys(others)) {
    faults.add(
      'UNKNOWN_KEY',
      `${CLIENTS_FILE}: ${key}`,
      'not a key that exists',
      suggestion(key, ['clients']),
    );
  }
  if (!Array.isArray(clients)) {
    faults.add(
      'VALUE_INVALID',
      `${CLIENTS_FILE}: clients`,
      shown(clients),
      'Each wallet is a table: [[clients]].',
    );
    return [];
  }
  const read = clients.map((entry, at) => readClient(entry, `${CLIENTS_FILE}: clients[${at}]`, faults));
  checkUnique(read, faults);
  return read;
}

function readClient(entry: unknown, where: string, faults: Faults): Client {
  const table = typeof entry === 'object' && entry !== null ? (entry as Record<string, unknown>) : {};
  const values: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(table)) {
    const reader = KEYS[key];
    if (reader === undefined) {
      faults.add(
        'UNKNOWN_KEY',
        `${where}.${key}`,
        'not a key that exists',
        suggestion(key, Object.keys(KEYS)),
      );
      continue;
    }
    const read = reader.read(value);
    if (read === undefined) {
      faults.add('VALUE_INVALID', `${where}.${key}`, shown(value), `This must be ${reader.expected}.`);
    } else values[key] = read;
  }
  const client = clientFrom(values);
  const needed = client.type === 'custodial' ? 'accounts' : 'domains';
  if (client.name === '') faults.add('VALUE_MISSING', `${where}.name`, 'nothing', 'Every wallet has a name.');
  if (client[needed].length === 0 && !(needed in table)) {
    const why = client.type === 'custodial' ? 'the accounts it logs in with' : 'its client_domain';
    faults.add(
      'VALUE_MISSING',
      `${where}.${needed}`,
      'nothing',
      `A ${client.type} wallet needs ${needed}: ${why}.`,
    );
  }
  return client;
}

function clientFrom(values: Record<string, unknown>): Client {
  const urls = URLS.flatMap((sep) => {
    const url = values[`callback_url_${sep}`];
    return url === undefined ? [] : [[sep, url as string]];
  });
  return {
    name: (values['name'] as string | undefined) ?? '',
    type: (values['type'] as Client['type'] | undefined) ?? 'noncustodial',
    domains: (values['domains'] as string[] | undefined) ?? [],
    accounts: (values['accounts'] as string[] | undefined) ?? [],
    callbackUrl: values['callback_url'] as string | undefined,
    callbackUrls: Object.fromEntries(urls),
    allowAnyDestination: (values['allow_any_destination'] as boolean | undefined) ?? false,
    destinationAccounts: (values['destination_accounts'] as string[] | undefined) ?? [],
  };
}

/** A name, a domain and an account belong to one wallet. */
function checkUnique(clients: readonly Client[], faults: Faults): void {
  const seen = new Map<string, string>();
  for (const { name, domains, accounts } of clients) {
    for (const mark of [
      `name ${name}`,
      ...domains.map((d) => `domain ${d}`),
      ...accounts.map((a) => `account ${a}`),
    ]) {
      const other = seen.get(mark);
      if (other !== undefined)
        faults.add('VALUES_CONFLICT', `${CLIENTS_FILE}: ${name}`, mark, `It stands with ${other} already.`);
      seen.set(mark, name);
    }
  }
}

type Clients = { readonly clients?: readonly Client[] | undefined };

/** The wallet of a login: by its proven domain, else by the account of a custodial one. */
export function clientOf(project: Clients, clientDomain: string | null, owner: string): Client | undefined {
  const { clients = [] } = project;
  if (clients.length === 0) return undefined;
  if (clientDomain !== null) {
    const byDomain = clients.find(({ domains }) => domains.includes(clientDomain));
    if (byDomain !== undefined) return byDomain;
  }
  const account = owner.split(':')[0] as string;
  return clients.find(({ accounts }) => accounts.includes(account));
}

/** Where a wallet is told of changes under a SEP. */
export function callbackUrlOf(client: Client, sep: '6' | '12' | '24' | '31'): string | undefined {
  return client.callbackUrls[`sep${sep}`] ?? client.callbackUrl;
}
