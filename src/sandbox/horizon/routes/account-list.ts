import type { Context } from 'hono';
import type { AccountEntry } from '../../ledger/types.ts';
import { type Horizon, page } from '../handlers.ts';
import { closedAtIn } from '../network.ts';
import { accountQuery, assetQuery, query } from '../params.ts';
import { invalidField, problem } from '../problem.ts';
import { accountRecord } from '../resources/account.ts';
import { statePage } from './state.ts';

type Matches = (account: AccountEntry) => boolean;

function signerMatches(key: string): Matches {
  return (account) =>
    (account.id === key && account.masterWeight > 0) || account.signers.some((signer) => signer.key === key);
}

/** A signer filter may name any kind of signer key. */
function signerQuery(c: Context): string | undefined {
  const key = query(c, 'signer');
  if (key?.startsWith('G')) return accountQuery(c, 'signer');
  if (key !== undefined && !/^[TXP][A-Z2-7]{55,164}$/.test(key)) {
    throw invalidField('signer', 'Account ID must start with `G` and contain 56 alphanum characters');
  }
  return key;
}

function filterOf(horizon: Horizon, c: Context): Matches {
  const { ledger } = horizon.network;
  const signer = signerQuery(c);
  const sponsor = accountQuery(c, 'sponsor');
  const asset = assetQuery(c, 'asset');
  const pool = query(c, 'liquidity_pool');
  const given = [signer, sponsor, asset, pool].filter((value) => value !== undefined);
  if (given.length !== 1) {
    throw problem({
      type: 'invalid_accounts_params',
      title: 'Invalid Accounts Parameters',
      status: 400,
      detail:
        'Exactly one filter is required. Please ensure that you are including a signer, sponsor, asset, or liquidity pool filter.',
    });
  }
  if (asset === 'native') throw invalidField('asset', "you can't filter by asset: native");
  if (pool !== undefined && !/^[0-9a-f]{64}$/.test(pool)) {
    throw invalidField('liquidity_pool', `${pool} does not validate as sha256`);
  }
  if (signer !== undefined) return signerMatches(signer);
  if (asset !== undefined) return (account) => ledger.trustline(account.id, asset) !== undefined;
  if (sponsor !== undefined) return sponsoredBy(horizon, sponsor);
  return () => false; // no pools here
}

/** Accounts that the sponsor pays for: the account itself, a signer, or one of its entries. */
function sponsoredBy(horizon: Horizon, sponsor: string): Matches {
  const { ledger } = horizon.network;
  return (account) =>
    account.sponsor === sponsor ||
    account.signers.some((signer) => signer.sponsor === sponsor) ||
    ledger.trustlinesOf(account.id).some((line) => line.sponsor === sponsor) ||
    ledger.offersOf(account.id).some((offer) => offer.sponsor === sponsor) ||
    ledger.dataOf(account.id).some((entry) => entry.sponsor === sponsor);
}

export function accountListRoutes(horizon: Horizon): void {
  const { ledger } = horizon.network;
  const closedAt = closedAtIn(horizon.network);
  page(
    horizon,
    '/accounts',
    (c, links) => {
      const matches = filterOf(horizon, c);
      return (at) => {
        const accounts = [...ledger.entries()].filter((entry) => entry.kind === 'account').filter(matches);
        accounts.sort((a, b) => (a.id < b.id ? -1 : 1));
        const records = accounts.map((account) => accountRecord(links, ledger, account, closedAt));
        return statePage(records, at, (a, b) => (a < b ? -1 : a > b ? 1 : 0));
      };
    },
    false,
  );
}
