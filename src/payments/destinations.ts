import { formatAmount } from '../kernel/amounts.ts';
import { isContract, isMuxed, splitMuxed } from '../kernel/strkey.ts';
import type { MissingAccount, NetworkAccount } from '../stellar/port.ts';
import { keyOf } from '../transfers/assets.ts';
import type { AnchorContext } from '../transfers/context.ts';
import type { AssetRow } from '../transfers/rows.ts';
import { asksForMemo } from './memo-required.ts';
import type { Owed, Wait } from './rows.ts';
import { issuerKey } from './signers/local.ts';

/** How a payment can be made now. */
export type Verdict =
  | { how: 'pay' }
  /** our own issuer authorizes the trustline first, in the same transaction (S24-72) */
  | { how: 'authorize' }
  /** createAccount carries the amount (XLM) */
  | { how: 'create' }
  /** createAccount with a starting balance; the payment itself then waits for the trustline */
  | { how: 'open' }
  /** claimable balance, with the account created in the same transaction or not */
  | { how: 'claimable'; open: boolean }
  | { how: 'wait'; wait: Wait }
  | { how: 'hold'; text: string };

/** What an asset wants where a destination cannot simply be paid: `anchor assets set`, else anchor.toml. */
export interface DestinationRules {
  /** stroops that two base reserves are: the least an account must hold */
  minimumBalance: bigint;
  noAccount: 'create' | 'claimable' | 'wait';
  noTrustline: 'claimable' | 'wait';
  /** whether this anchor offers claimable balances at all (S24-73) */
  claimableBalances: boolean;
  /** we hold the issuer's key and may authorize trustlines: sandbox and testnet */
  authorizes: boolean;
}

export function rulesFor(
  ctx: Pick<AnchorContext, 'project'>,
  asset: AssetRow,
  baseReserve: bigint,
): DestinationRules {
  const { accountCreation, claimableBalances } = ctx.project.sep24;
  return {
    minimumBalance: 2n * baseReserve,
    noAccount: asset.no_account ?? (accountCreation ? 'create' : 'claimable'),
    noTrustline: asset.no_trustline ?? 'claimable',
    claimableBalances,
    authorizes: asset.issuer !== '' && issuerKey(ctx, asset.issuer) !== null,
  };
}

/** What an operator reads of a refund, say, that would go to one. */
const CONTRACT =
  'It would go to a contract account (C...), which this version cannot pay: pay it by hand, or call it off (anchor suspense hold).';

/** The account that is looked up for a destination; null for a contract, which has none. */
export function accountOf(destination: string): string | null {
  if (isContract(destination)) return null;
  return isMuxed(destination) ? splitMuxed(destination).account : destination;
}

const wait = (code: Wait['code'], text: string, user = true): Verdict => ({
  how: 'wait',
  wait: { code, text, user },
});

/** Decides from what the ledger says of the destination (S24-71 to S24-74, SO-08); pure. */
export function judge(
  owed: Owed,
  account: NetworkAccount | MissingAccount | null,
  rules: DestinationRules,
): Verdict {
  if (account === null) {
    return { how: 'hold', text: CONTRACT };
  }
  if ('missing' in account) return judgeMissing(owed, rules);
  if (wantsMemo(owed, account)) {
    const text = `The account ${account.id} takes payments with a memo only (SEP-29), and this one has none.`;
    return { how: 'hold', text };
  }
  const key = keyOf(owed.asset);
  const name = owed.asset.code;
  if (key === 'native' || owed.asset.issuer === account.id) return { how: 'pay' };
  const line = account.balances.find((balance) => balance.asset === key);
  if (line === undefined) {
    const claimable = rules.noTrustline === 'claimable' && isClaimable(owed, rules);
    if (claimable) return { how: 'claimable', open: false };
    return wait('trustline', `The account ${account.id} has no trustline for ${name}.`);
  }
  if (!line.authorized && line.authorizedToMaintainLiabilities) {
    return wait('trustline', `The issuer has frozen the trustline of ${account.id} for ${name}.`, false);
  }
  if (!line.authorized && !rules.authorizes) {
    const text = `The issuer has not authorized the trustline of ${account.id} for ${name}.`;
    return wait('trustline', text, false);
  }
  const room = (line.limit ?? 0n) - line.balance - line.buyingLiabilities;
  if (room < owed.obligation.amount_units) {
    const text = `The trustline of ${account.id} for ${name} has room for ${formatAmount(room)} only.`;
    return wait('trustline', text);
  }
  return { how: line.authorized ? 'pay' : 'authorize' };
}

/** Refunds are plain payments: who sends money back does not pay for accounts and reserves. Nobody claims for an M address. */
const isClaimable = (owed: Owed, rules: DestinationRules): boolean =>
  owed.obligation.purpose === 'deliver' &&
  rules.claimableBalances &&
  owed.transaction?.claimable_balance_supported === 1 &&
  !isMuxed(owed.obligation.destination ?? '');

/** An exchange's account, say: without a memo nobody there knows whose money it is. */
const wantsMemo = ({ obligation }: Owed, account: NetworkAccount): boolean =>
  obligation.memo === null && !isMuxed(obligation.destination ?? '') && asksForMemo(account);

function judgeMissing(owed: Owed, rules: DestinationRules): Verdict {
  const destination = owed.obligation.destination ?? '';
  const creates = rules.noAccount === 'create';
  const missing = `The account ${destination} does not exist`;
  if (isMuxed(destination)) return wait('account', `${missing}.`);
  const later = wait('account', `${missing}; it has to be created.`);
  if (owed.asset.issuer !== '') {
    if (rules.noAccount !== 'wait' && isClaimable(owed, rules)) return { how: 'claimable', open: creates };
    return creates && owed.obligation.purpose === 'deliver' ? { how: 'open' } : later;
  }
  if (rules.noAccount === 'claimable' && isClaimable(owed, rules)) return { how: 'claimable', open: false };
  if (owed.obligation.amount_units < rules.minimumBalance) {
    const least = formatAmount(rules.minimumBalance);
    return wait('account', `${missing}, and creating it takes at least ${least} XLM.`);
  }
  return creates ? { how: 'create' } : later;
}
