import { formatFixed } from '../../../kernel/amounts.ts';
import type { LedgerReader } from '../../ledger/ports.ts';
import type { AccountEntry, SignerEntry, TrustLineEntry } from '../../ledger/types.ts';
import { assetFields } from '../assets.ts';
import { ACCOUNT_FLAGS } from '../history/flags.ts';
import type { Fields } from '../json.ts';
import type { Links } from '../links.ts';
import type { PageRecord } from '../page.ts';

const SIGNER_TYPES: Record<string, string> = {
  G: 'ed25519_public_key',
  T: 'preauth_tx',
  X: 'sha256_hash',
  P: 'unknown', // Horizon 2.18 knows no name for signed payloads
};

export function flagsOf(flags: number): Fields {
  return Object.fromEntries(ACCOUNT_FLAGS.map(([bit, name]) => [name, (flags & bit) !== 0]));
}

function trustlineFields(line: TrustLineEntry): Fields {
  return {
    balance: formatFixed(line.balance),
    limit: formatFixed(line.limit),
    buying_liabilities: formatFixed(line.liabilities.buying),
    selling_liabilities: formatFixed(line.liabilities.selling),
    sponsor: line.sponsor,
    last_modified_ledger: line.lastModified,
    is_authorized: (line.flags & 1) !== 0,
    is_authorized_to_maintain_liabilities: (line.flags & 3) !== 0,
    is_clawback_enabled: (line.flags & 4) !== 0 ? true : undefined,
    ...assetFields(line.asset),
  };
}

const signerFields = (signer: SignerEntry): Fields => ({
  weight: signer.weight,
  key: signer.key,
  type: SIGNER_TYPES[signer.key[0] ?? 'G'],
  sponsor: signer.sponsor,
});

/** Signers by key; a master key that weighs nothing stands last. */
function signersOf(account: AccountEntry): Fields[] {
  const master: SignerEntry = { key: account.id, weight: account.masterWeight };
  const listed = account.masterWeight > 0 ? [...account.signers, master] : [...account.signers];
  listed.sort((a, b) => (a.key < b.key ? -1 : 1));
  if (account.masterWeight === 0) listed.push(master);
  return listed.map(signerFields);
}

function compareLines(a: TrustLineEntry, b: TrustLineEntry): number {
  const [codeA = '', issuerA = ''] = a.asset.split(':');
  const [codeB = '', issuerB = ''] = b.asset.split(':');
  if (codeA !== codeB) return codeA < codeB ? -1 : 1;
  return issuerA < issuerB ? -1 : 1;
}

/** `closedAt` gives the close time of a ledger as text, or undefined for one that is not kept. */
export type ClosedAt = (sequence: number) => string | undefined;

export function accountFields(
  links: Links,
  reader: LedgerReader,
  account: AccountEntry,
  closedAt: ClosedAt,
): Fields {
  const self = `/accounts/${account.id}`;
  const lines = reader.trustlinesOf(account.id).toSorted(compareLines);
  const data = reader.dataOf(account.id).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return {
    _links: {
      self: links.to(self),
      transactions: links.paged(`${self}/transactions`),
      operations: links.paged(`${self}/operations`),
      payments: links.paged(`${self}/payments`),
      effects: links.paged(`${self}/effects`),
      offers: links.paged(`${self}/offers`),
      trades: links.paged(`${self}/trades`),
      data: links.template(`${self}/data/{key}`),
    },
    id: account.id,
    account_id: account.id,
    sequence: account.sequence.toString(),
    ...(account.sequenceLedger === 0
      ? {}
      : { sequence_ledger: account.sequenceLedger, sequence_time: account.sequenceTime.toString() }),
    subentry_count: account.subEntries,
    inflation_destination: account.inflationDestination,
    home_domain: account.homeDomain || undefined,
    last_modified_ledger: account.lastModified,
    last_modified_time: closedAt(account.lastModified) ?? null,
    thresholds: {
      low_threshold: account.lowThreshold,
      med_threshold: account.mediumThreshold,
      high_threshold: account.highThreshold,
    },
    flags: flagsOf(account.flags),
    balances: [
      ...lines.map(trustlineFields),
      {
        balance: formatFixed(account.balance),
        buying_liabilities: formatFixed(account.liabilities.buying),
        selling_liabilities: formatFixed(account.liabilities.selling),
        asset_type: 'native',
      },
    ],
    signers: signersOf(account),
    data: Object.fromEntries(data.map((entry) => [entry.name, Buffer.from(entry.value).toString('base64')])),
    num_sponsoring: account.sponsoring,
    num_sponsored: account.sponsored,
    sponsor: account.sponsor,
    paging_token: account.id,
  };
}

export const accountRecord = (
  links: Links,
  reader: LedgerReader,
  account: AccountEntry,
  closedAt: ClosedAt,
): PageRecord => ({ token: account.id, json: accountFields(links, reader, account, closedAt) });
