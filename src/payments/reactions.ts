import type { Wait } from './rows.ts';

/** What to do with a payment whose operation failed in a ledger: wait for something, hold for the operator, or null: go again. */
export type Reaction = Wait | { hold: string } | null;

const wait = (code: Wait['code'], text: string, user = false): Wait => ({ code, text, user });

/** By the XDR name of the operation's result. */
const REACTIONS: Record<string, Reaction> = {
  paymentNoTrust: wait('trustline', 'The account has no trustline for the asset.', true),
  paymentLineFull: wait('trustline', 'The trustline has no room for the amount.', true),
  paymentNotAuthorized: wait('trustline', 'The issuer has not authorized the trustline.'),
  // gone between the look and the payment: the next look decides
  paymentNoDestination: null,
  paymentUnderfunded: wait('funds', 'The distribution account had not enough of the asset.'),
  paymentSrcNoTrust: wait('funds', 'The distribution account has no trustline for the asset.'),
  paymentSrcNotAuthorized: wait('operator', 'The issuer has not authorized the distribution account.'),
  paymentNoIssuer: wait('operator', 'The issuer of the asset does not exist.'),
  // someone else created it meanwhile: the next look finds it
  createAccountAlreadyExist: null,
  createAccountLowReserve: wait(
    'account',
    'The amount does not reach the least that an account must hold.',
    true,
  ),
  createAccountUnderfunded: wait('funds', 'The distribution account had not enough XLM.'),
  createClaimableBalanceLowReserve: wait('funds', 'The distribution account had not enough XLM.'),
  createClaimableBalanceUnderfunded: wait('funds', 'The distribution account had not enough of the asset.'),
  createClaimableBalanceNoTrust: wait('funds', 'The distribution account has no trustline for the asset.'),
  createClaimableBalanceNotAuthorized: wait(
    'operator',
    'The issuer has not authorized the distribution account.',
  ),
  // the next look decides
  setTrustLineFlagsNoTrustLine: null,
  opBadAuth: wait('signatures', 'The signatures of the distribution account did not suffice.'),
  opNoAccount: wait('operator', 'The distribution account does not exist.'),
};

export function reactionTo(code: string): Reaction {
  const known = REACTIONS[code];
  return known === undefined ? { hold: `The network refused the payment: ${code}.` } : known;
}

/** What the destination's owner may have put right, or what another kind of payment can do: a look decides, before anybody waits. */
export const looksFirst = (code: string): boolean =>
  [
    'paymentNoTrust',
    'paymentLineFull',
    'paymentNotAuthorized',
    'paymentNoDestination',
    'createAccountAlreadyExist',
  ].includes(code);

/** What a refusal at the door says, for the operator; it proves nothing and is followed until the slot is settled. */
export function doorWait(transactionCode: string): Wait {
  const text = `The network refuses the transaction for now: ${transactionCode}.`;
  if (transactionCode === 'tx_insufficient_balance') return wait('funds', text);
  if (transactionCode === 'tx_bad_auth' || transactionCode === 'tx_bad_auth_extra') {
    return wait('signatures', text);
  }
  return wait('network', text);
}
