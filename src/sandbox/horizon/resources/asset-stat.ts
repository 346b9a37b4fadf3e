import { formatFixed } from '../../../kernel/amounts.ts';
import type { LedgerReader } from '../../ledger/ports.ts';
import type { TrustLineEntry } from '../../ledger/types.ts';
import { assetFields, assetType } from '../assets.ts';
import type { Fields } from '../json.ts';
import type { PageRecord } from '../page.ts';
import { flagsOf } from './account.ts';

const LEVELS = ['authorized', 'authorized_to_maintain_liabilities', 'unauthorized'] as const;
type Level = (typeof LEVELS)[number];

interface Stat {
  asset: string;
  accounts: Record<Level, number>;
  balances: Record<Level, bigint>;
  claimables: number;
  claimableAmount: bigint;
}

function levelOf(line: TrustLineEntry): Level {
  if ((line.flags & 1) !== 0) return 'authorized';
  return (line.flags & 2) !== 0 ? 'authorized_to_maintain_liabilities' : 'unauthorized';
}

const emptyStat = (asset: string): Stat => ({
  asset,
  accounts: { authorized: 0, authorized_to_maintain_liabilities: 0, unauthorized: 0 },
  balances: { authorized: 0n, authorized_to_maintain_liabilities: 0n, unauthorized: 0n },
  claimables: 0,
  claimableAmount: 0n,
});

/** Every issued asset that someone trusts or that lies in a claimable balance, by code and issuer. */
function statsOf(reader: LedgerReader): Stat[] {
  const stats = new Map<string, Stat>();
  const statOf = (asset: string) => {
    const found = stats.get(asset) ?? emptyStat(asset);
    stats.set(asset, found);
    return found;
  };
  for (const entry of reader.entries()) {
    if (entry.kind === 'trustline' && entry.asset.includes(':')) {
      const stat = statOf(entry.asset);
      const level = levelOf(entry);
      stat.accounts[level] += 1;
      stat.balances[level] += entry.balance;
    } else if (entry.kind === 'claimable_balance' && entry.asset !== 'native') {
      const stat = statOf(entry.asset);
      stat.claimables += 1;
      stat.claimableAmount += entry.amount;
    }
  }
  return [...stats.values()];
}

/** `CODE_ISSUER_TYPE`, by which pages of assets go on. */
function tokenOf(asset: string): string {
  const [code, issuer] = asset.split(':');
  return `${code}_${issuer}_${assetType(asset)}`;
}

function statFields(reader: LedgerReader, stat: Stat): Fields {
  const issuer = reader.account(stat.asset.split(':')[1] ?? '');
  const domain = issuer?.homeDomain ?? '';
  return {
    _links: { toml: { href: domain === '' ? '' : `https://${domain}/.well-known/stellar.toml` } },
    ...assetFields(stat.asset),
    paging_token: tokenOf(stat.asset),
    num_accounts: stat.accounts.authorized,
    num_claimable_balances: stat.claimables,
    num_liquidity_pools: 0,
    amount: formatFixed(stat.balances.authorized),
    accounts: { ...stat.accounts },
    claimable_balances_amount: formatFixed(stat.claimableAmount),
    liquidity_pools_amount: formatFixed(0n),
    balances: Object.fromEntries(LEVELS.map((level) => [level, formatFixed(stat.balances[level])])),
    flags: flagsOf(issuer?.flags ?? 0),
  };
}

/** Asset statistics in ascending order of code and issuer. */
export function assetRecords(reader: LedgerReader, code?: string, issuer?: string): PageRecord[] {
  const wanted = statsOf(reader).filter(({ asset }) => {
    const [ownCode, ownIssuer] = asset.split(':');
    return (code === undefined || ownCode === code) && (issuer === undefined || ownIssuer === issuer);
  });
  return wanted
    .map((stat) => ({ token: tokenOf(stat.asset), json: statFields(reader, stat) }))
    .sort((a, b) => compareAssetTokens(a.token, b.token));
}

export function compareAssetTokens(a: string, b: string): number {
  const [codeA = '', issuerA = ''] = a.split('_');
  const [codeB = '', issuerB = ''] = b.split('_');
  if (codeA !== codeB) return codeA < codeB ? -1 : 1;
  return issuerA < issuerB ? -1 : issuerA > issuerB ? 1 : 0;
}
