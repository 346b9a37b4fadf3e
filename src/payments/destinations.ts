import { formatAmount } from '../kernel/amounts.ts';
import { isContract, isMuxed, splitMuxed } from '../kernel/strkey.ts';
import type { MissingAccount, NetworkAccount } from '../stellar/port.ts';
import { keyOf } from '../transfers/assets.ts';
import type { Owed, Wait } from './rows.ts';

/** How a payment can be made now. */
export type Verdict =
  | { how: 'pay' }
  /** createAccount carries the amount (XLM) */
  | { how: 'create' }
  /** createAccount with a starting balance; the payment itself then waits for the trustline */
  | { how: 'open' }
  /** claimable balance, with the account created in the same transaction or not */
  | { how: 'claimable'; open: boolean }
  | { how: 'wait'; wait: Wait }
  | { how: 'hold'; text: string };

export interface DestinationRules {
  /** stroops that two base reserves are: the least an account must hold */
  minimumBalance: bigint;
  accountCreation: boolean;
  claimableBalances: boolean;
}

/** The account that is looked up for a destination; null for a contract, which has none. */
export function accountOf(destination: string): string | null {
  if (isContract(destination)) return null;
  return isMuxed(destination) ? splitMuxed(destination).account : destination;
}

const wait = (code: Wait['code'], text: string, user = true): Verdict => ({
  how: 'wait',
  wait: { code, text, user },
});

/** Decides from what the ledger says of the destination (S24-71 to S24-74); pure. */
export function judge(
  owed: Owed,
  account: NetworkAccount | MissingAccount | null,
  rules: DestinationRules,
): Verdict {
  if (account === null) {
    return { how: 'hold', text: 'Payments to contract accounts are not possible yet.' };
  }
  if ('missing' in account) return judgeMissing(owed, rules, isClaimable(owed, rules));
  if (owed.obligation.purpose === 'refund' && wantsMemo(owed, account)) {
    return { how: 'hold', text: `The account ${account.id} takes payments with a memo only (SEP-29).` };
  }
  const key = keyOf(owed.asset);
  const name = owed.asset.code;
  if (key === 'native' || owed.asset.issuer === account.id) return { how: 'pay' };
  const line = account.balances.find((balance) => balance.asset === key);
  if (line === undefined) {
    if (isClaimable(owed, rules)) return { how: 'claimable', open: false };
    return wait('trustline', `The account ${account.id} has no trustline for ${name}.`);
  }
  if (!line.authorized) {
    const frozen = line.authorizedToMaintainLiabilities;
    const what = frozen ? 'has frozen' : 'has not authorized';
    return wait('trustline', `The issuer ${what} the trustline of ${account.id} for ${name}.`, false);
  }
  const room = (line.limit ?? 0n) - line.balance - line.buyingLiabilities;
  if (room < owed.obligation.amount_units) {
    const text = `The trustline of ${account.id} for ${name} has room for ${formatAmount(room)} only.`;
    return wait('trustline', text);
  }
  return { how: 'pay' };
}

/** Refunds are plain payments: who sends money back does not pay for accounts and reserves. */
const isClaimable = (owed: Owed, rules: DestinationRules): boolean =>
  owed.obligation.purpose !== 'refund' &&
  rules.claimableBalances &&
  owed.transaction?.claimable_balance_supported === 1;

/** An exchange's account, say: without a memo nobody there knows whose money it is. */
const wantsMemo = ({ obligation }: Owed, account: NetworkAccount): boolean =>
  obligation.memo === null &&
  !isMuxed(obligation.destination ?? '') &&
  account.data['config.memo_required'] === 'MQ==';

function judgeMissing(owed: Owed, rules: DestinationRules, claimable: boolean): Verdict {
  const destination = owed.obligation.destination ?? '';
  const refund = owed.obligation.purpose === 'refund';
  const missing = `The account ${destination} does not exist`;
  if (isMuxed(destination)) return wait('account', `${missing}.`);
  if (owed.asset.issuer !== '') {
    if (claimable) return { how: 'claimable', open: rules.accountCreation };
    return rules.accountCreation && !refund
      ? { how: 'open' }
      : wait('account', `${missing}; it has to be created.`);
  }
  if (owed.obligation.amount_units < rules.minimumBalance) {
    const least = formatAmount(rules.minimumBalance);
    return wait('account', `${missing}, and creating it takes at least ${least} XLM.`);
  }
  return rules.accountCreation ? { how: 'create' } : wait('account', `${missing}; it has to be created.`);
}
