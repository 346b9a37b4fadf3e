import type { Context } from 'hono';
import { isAccount } from '../../../kernel/strkey.ts';
import { type Horizon, object, page, streamableObject } from '../handlers.ts';
import type { Fields } from '../json.ts';
import { closedAtIn } from '../network.ts';
import { type PageQuery, type PageRecord, slice } from '../page.ts';
import {
  accountParam,
  accountQuery,
  assetQuery,
  assetTriple,
  isBalanceId,
  positiveInteger,
  query,
} from '../params.ts';
import { invalidField, missing } from '../problem.ts';
import { accountFields } from '../resources/account.ts';
import { assetRecords, compareAssetTokens } from '../resources/asset-stat.ts';
import { claimableBalanceRecord } from '../resources/claimable-balance.ts';
import { offerRecord } from '../resources/offer.ts';

const text = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** A page of state: records in ascending order, `compare` over their tokens. */
export function statePage(
  records: PageRecord[],
  page: PageQuery,
  compare: (a: string, b: string) => number,
): PageRecord[] {
  return slice(records, page, page.cursor === '' ? null : (record) => compare(record.token, page.cursor));
}

function accountRoutes(horizon: Horizon): void {
  const { network } = horizon;
  const { ledger } = network;
  const closedAt = closedAtIn(network);
  streamableObject(horizon, '/accounts/:account_id', (c, links) => {
    const id = accountParam(c.req.param('account_id') ?? '');
    return () => {
      const account = ledger.account(id);
      if (account === undefined) throw missing();
      return accountFields(links, ledger, account, closedAt);
    };
  });
  streamableObject(horizon, '/accounts/:account_id/data/:key', (c) => {
    const id = accountParam(c.req.param('account_id') ?? '');
    const key = c.req.param('key');
    return (): Fields => {
      const entry = ledger.dataOf(id).find(({ name }) => name === key);
      if (entry === undefined) throw missing();
      return { value: Buffer.from(entry.value).toString('base64'), sponsor: entry.sponsor };
    };
  });
  page(horizon, '/accounts/:account_id/offers', (c, links) => {
    const id = accountParam(c.req.param('account_id') ?? '');
    return (at) => {
      offerCursor(at);
      const offers = ledger.offersOf(id).toSorted((a, b) => (a.id < b.id ? -1 : 1));
      return statePage(
        offers.map((offer) => offerRecord(links, offer, closedAt)),
        at,
        compareIds,
      );
    };
  });
}

const compareIds = (a: string, b: string): number => {
  const [left, right] = [BigInt(a), BigInt(b)];
  return left < right ? -1 : left > right ? 1 : 0;
};

function offerCursor(page: PageQuery): void {
  if (!/^\d{0,19}$/.test(page.cursor)) throw invalidField('cursor', 'cursor: invalid value');
}

function offerRoutes(horizon: Horizon): void {
  const { ledger } = horizon.network;
  const closedAt = closedAtIn(horizon.network);
  page(
    horizon,
    '/offers',
    (c, links) => {
      const seller = accountQuery(c, 'seller');
      const sponsor = accountQuery(c, 'sponsor');
      const selling = assetQuery(c, 'selling') ?? assetTriple(c, 'selling_');
      const buying = assetQuery(c, 'buying') ?? assetTriple(c, 'buying_');
      return (at) => {
        offerCursor(at);
        const offers = [...ledger.entries()]
          .filter((entry) => entry.kind === 'offer')
          .filter((offer) => seller === undefined || offer.seller === seller)
          .filter((offer) => sponsor === undefined || offer.sponsor === sponsor)
          .filter((offer) => selling === undefined || offer.selling === selling)
          .filter((offer) => buying === undefined || offer.buying === buying)
          .sort((a, b) => (a.id < b.id ? -1 : 1));
        return statePage(
          offers.map((offer) => offerRecord(links, offer, closedAt)),
          at,
          compareIds,
        );
      };
    },
    false,
  );
  object(horizon, '/offers/:offer_id', (c, links) => {
    const id = positiveInteger(c.req.param('offer_id') ?? '');
    if (id === null) throw invalidField('offer_id', 'Offer ID must be an integer higher than 0');
    return () => {
      const offer = ledger.offer(id);
      if (offer === undefined) throw missing();
      return offerRecord(links, offer, closedAt).json;
    };
  });
}

/** `ledger-id`; ids compare as text, ledgers as numbers. */
function compareBalanceTokens(a: string, b: string): number {
  const [ledgerA = '', idA = ''] = a.split('-');
  const [ledgerB = '', idB = ''] = b.split('-');
  return Number(ledgerA) - Number(ledgerB) || text(idA, idB);
}

function balanceRoutes(horizon: Horizon): void {
  const { ledger } = horizon.network;
  const closedAt = closedAtIn(horizon.network);
  page(
    horizon,
    '/claimable_balances',
    (c, links) => {
      const asset = assetQuery(c, 'asset');
      const sponsor = accountQuery(c, 'sponsor');
      const claimant = accountQuery(c, 'claimant');
      return (at) => {
        balanceCursor(at.cursor);
        const records = [...ledger.entries()]
          .filter((entry) => entry.kind === 'claimable_balance')
          .filter((balance) => asset === undefined || balance.asset === asset)
          .filter((balance) => sponsor === undefined || balance.sponsor === sponsor)
          .filter((b) => claimant === undefined || b.claimants.some((one) => one.destination === claimant))
          .map((balance) => claimableBalanceRecord(links, balance, closedAt))
          .sort((a, b) => compareBalanceTokens(a.token, b.token));
        return statePage(records, at, compareBalanceTokens);
      };
    },
    false,
  );
  object(horizon, '/claimable_balances/:id', (c, links) => {
    const id = c.req.param('id') ?? '';
    if (!isBalanceId(id)) throw invalidField('id', `${id} does not validate as claimableBalanceID`);
    return () => {
      const balance = ledger.claimableBalance(id.toLowerCase());
      if (balance === undefined) throw missing();
      return claimableBalanceRecord(links, balance, closedAt).json;
    };
  });
}

function balanceCursor(cursor: string): void {
  if (cursor === '') return;
  const [ledger = '', id = '', rest] = cursor.split('-');
  if (rest !== undefined || !/^\d{1,10}$/.test(ledger) || !isBalanceId(id)) {
    throw invalidField(
      'cursor',
      'The first part should be a number higher than 0 and the second part should be a valid claimable balance ID',
    );
  }
}

function assetRoutes(horizon: Horizon): void {
  const { ledger } = horizon.network;
  page(
    horizon,
    '/assets',
    (c) => {
      const code = assetCode(c);
      const issuer = query(c, 'asset_issuer');
      if (issuer !== undefined && !isAccount(issuer)) {
        throw invalidField('asset_issuer', `${issuer} is not a valid asset issuer`);
      }
      return (at) => {
        if (at.cursor !== '' && at.cursor.split('_').length < 3) {
          throw invalidField('cursor', 'cursor must contain exactly one colon');
        }
        return statePage(assetRecords(ledger, code, issuer), at, compareAssetTokens);
      };
    },
    false,
  );
}

function assetCode(c: Context): string | undefined {
  const code = query(c, 'asset_code');
  if (code !== undefined && !/^[A-Za-z0-9]{1,12}$/.test(code)) {
    throw invalidField('asset_code', `${code} is not a valid asset code`);
  }
  return code;
}

export function stateRoutes(horizon: Horizon): void {
  accountRoutes(horizon);
  offerRoutes(horizon);
  balanceRoutes(horizon);
  assetRoutes(horizon);
}
