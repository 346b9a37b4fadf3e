import type { SandboxLedger } from '../../../src/sandbox/ledger/ports.ts';
import type { AccountEntry } from '../../../src/sandbox/ledger/types.ts';

const lumens = (amount: bigint): string => {
  const digits = amount.toString().padStart(8, '0');
  return `${digits.slice(0, -7)}.${digits.slice(-7)}`;
};

/** The state of an account in Horizon's words; its links and other ornaments are Horizon's business. */
export function describeAccount(ledger: SandboxLedger, account: AccountEntry): Record<string, unknown> {
  const lines = ledger.trustlinesOf(account.id).map((line) => ({
    ...held(line),
    asset: line.asset,
    limit: lumens(line.limit),
    is_authorized: (line.flags & 1) !== 0,
    is_authorized_to_maintain_liabilities: (line.flags & 3) !== 0,
    // Horizon leaves this one out where it is not set.
    is_clawback_enabled: (line.flags & 4) !== 0 ? true : undefined,
    sponsor: line.sponsor,
  }));
  const master = { key: account.id, weight: account.masterWeight, sponsor: undefined };
  return {
    account_id: account.id,
    sequence: account.sequence.toString(),
    subentry_count: account.subEntries,
    home_domain: account.homeDomain === '' ? undefined : account.homeDomain,
    inflation_destination: account.inflationDestination,
    thresholds: {
      low_threshold: account.lowThreshold,
      med_threshold: account.mediumThreshold,
      high_threshold: account.highThreshold,
    },
    flags: {
      auth_required: (account.flags & 1) !== 0,
      auth_revocable: (account.flags & 2) !== 0,
      auth_immutable: (account.flags & 4) !== 0,
      auth_clawback_enabled: (account.flags & 8) !== 0,
    },
    balances: Object.fromEntries([...lines.map((line) => [line.asset, line]), ['native', held(account)]]),
    signers: [...account.signers.map(({ key, weight, sponsor }) => ({ key, weight, sponsor })), master],
    data: Object.fromEntries(
      ledger.dataOf(account.id).map((entry) => [entry.name, Buffer.from(entry.value).toString('base64')]),
    ),
    num_sponsoring: account.sponsoring,
    num_sponsored: account.sponsored,
    sponsor: account.sponsor,
  };
}

function held(entry: { balance: bigint; liabilities: { buying: bigint; selling: bigint } }) {
  return {
    balance: lumens(entry.balance),
    buying_liabilities: lumens(entry.liabilities.buying),
    selling_liabilities: lumens(entry.liabilities.selling),
  };
}

interface RecordedBalance {
  asset_type: string;
  asset_code?: string;
  asset_issuer?: string;
  last_modified_ledger?: number;
  [key: string]: unknown;
}

/** The recorded account in the form of `describeAccount`. */
export function describeRecorded(body: Record<string, unknown>, keys: string[]): Record<string, unknown> {
  const balances = (body['balances'] as RecordedBalance[]).map((line) => {
    const { asset_type, asset_code, asset_issuer, last_modified_ledger: _, ...rest } = line;
    if (asset_type === 'native') return ['native', rest] as const;
    const asset = `${asset_code}:${asset_issuer}`;
    return [asset, { ...rest, asset }] as const;
  });
  const signers = (body['signers'] as { key: string; weight: number; sponsor?: string }[]).map(
    ({ key, weight, sponsor }) => ({ key, weight, sponsor }),
  );
  const rest = Object.fromEntries(keys.map((key) => [key, body[key]]));
  return { ...rest, balances: Object.fromEntries(balances), signers };
}

export function sortSigners(account: Record<string, unknown>): Record<string, unknown> {
  const signers = account['signers'] as { key: string }[];
  return { ...account, signers: signers.toSorted((a, b) => (a.key < b.key ? -1 : 1)) };
}
