import type { Client } from '../../config/clients.ts';
import { callbackAddress } from '../../config/clients.ts';
import { domain } from '../../config/readers.ts';
import { isAccount } from '../../kernel/strkey.ts';
import { tomlList, tomlText } from '../offchain.ts';
import type { ReportRow } from '../report.ts';
import type { Value } from '../yaml.ts';
import { isTrue, itemsOf, type Table, tableOf, textOf, textsOf } from './values.ts';

/** `items` of a clients file as tables to append to clients.toml, beside those that are there. */
export function readClientItems(
  document: Value,
  known: readonly Client[],
): { toml: string; rows: ReportRow[] } {
  const taken = new Set(known.flatMap(marksOf));
  const rows: ReportRow[] = [];
  const texts: string[] = [];
  for (const item of itemsOf(document, 'clients file')) {
    const name = textOf(item, 'name') ?? '?';
    const line = { what: 'client' as const, id: name, name: textOf(item, 'type') ?? '?' };
    if (known.some((client) => client.name === name)) {
      rows.push({ ...line, outcome: 'there', why: 'clients.toml has it, and is left as it is' });
      continue;
    }
    const dropped: string[] = [];
    const client = clientOf(item, dropped);
    if (typeof client === 'string') {
      rows.push({ ...line, outcome: 'left_out', why: client });
      continue;
    }
    const double = marksOf(client).find((mark) => taken.has(mark));
    if (double !== undefined) {
      rows.push({ ...line, outcome: 'left_out', why: `${double} stands with another client already` });
      continue;
    }
    for (const mark of marksOf(client)) taken.add(mark);
    texts.push(tomlOf(client));
    rows.push({
      ...line,
      outcome: 'imported',
      why: dropped.length === 0 ? null : 'not all of it, see the next lines',
    });
    for (const why of dropped)
      rows.push({ what: 'setting', id: name, name: 'client', outcome: 'left_out', why });
  }
  return { toml: texts.join('\n'), rows };
}

const marksOf = ({ name, domains, accounts }: Client): string[] => [
  `name ${name}`,
  ...domains.map((one) => `domain ${one}`),
  ...accounts.map((one) => `account ${one}`),
];

/** The client, or why it cannot be one; a part that clients.toml does not take goes to `dropped`. */
function clientOf(item: Table, dropped: string[]): Client | string {
  const name = textOf(item, 'name');
  const type = textOf(item, 'type')?.toLowerCase();
  if (name === null) return 'it has no name';
  if (type !== 'custodial' && type !== 'noncustodial')
    return 'its type is neither custodial nor noncustodial';
  const sound = (key: string, test: (text: string) => boolean): string[] =>
    [...new Set(textsOf(item, key))].filter((text) => {
      const good = test(text);
      if (!good) dropped.push(`${key}: ${text} is not one that clients.toml takes`);
      return good;
    });
  const domains = type === 'noncustodial' ? sound('domains', (text) => domain.read(text) !== undefined) : [];
  const accounts = type === 'custodial' ? sound('signing_keys', isAccount) : [];
  if (domains.length + accounts.length === 0) {
    return `it has no ${type === 'custodial' ? 'signing_keys' : 'domains'} that clients.toml takes`;
  }
  return {
    name,
    type,
    domains,
    accounts,
    callbackUrl: undefined,
    callbackUrls: callbacksOf(tableOf(item, 'callback_urls'), dropped),
    allowAnyDestination:
      type === 'custodial' && (isTrue(item, 'allow_any_destination') || isTrue(item, 'allowAnyDestination')),
    destinationAccounts:
      type === 'custodial'
        ? ['destination_accounts', 'destinationAccounts'].flatMap((key) => sound(key, isAccount))
        : [],
  };
}

function callbacksOf(urls: Table, dropped: string[]): Client['callbackUrls'] {
  const found: Partial<Record<'sep6' | 'sep12' | 'sep24' | 'sep31', string>> = {};
  for (const sep of ['sep6', 'sep12', 'sep24', 'sep31'] as const) {
    const url = textOf(urls, sep);
    if (url === null) continue;
    if (callbackAddress.read(url) !== undefined) found[sep] = url;
    else
      dropped.push(`callback_urls.${sep}: callbacks go to https addresses only, without user and password`);
  }
  return found;
}

function tomlOf(client: Client): string {
  const lines = ['[[clients]]', `name = ${tomlText(client.name)}`, `type = ${tomlText(client.type)}`];
  if (client.domains.length > 0) lines.push(`domains = ${tomlList(client.domains)}`);
  if (client.accounts.length > 0) lines.push(`accounts = ${tomlList(client.accounts)}`);
  for (const [sep, url] of Object.entries(client.callbackUrls)) {
    lines.push(`callback_url_${sep} = ${tomlText(url)}`);
  }
  if (client.allowAnyDestination) lines.push('allow_any_destination = true');
  if (client.destinationAccounts.length > 0) {
    lines.push(`destination_accounts = ${tomlList(client.destinationAccounts)}`);
  }
  return `${lines.join('\n')}\n`;
}
