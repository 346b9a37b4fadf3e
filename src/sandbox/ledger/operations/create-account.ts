import { xdr } from '@stellar/stellar-sdk';
import { accountOf } from '../keys.ts';
import { availableLumens, canSponsor, count, existingAccount } from '../sponsorship.ts';
import type { LedgerState } from '../state.ts';
import type { AccountEntry } from '../types.ts';
import { cannotReserve, common, failed, loadSource, type OperationRules, succeeded } from './operation.ts';

const result = xdr.OperationResultTr.createAccount;
const code = xdr.CreateAccountResult;

/** An account as it begins: its sequence number starts where none of its life before can be replayed. */
export function newAccount(id: string, balance: bigint, ledger: number): AccountEntry {
  return {
    kind: 'account',
    lastModified: ledger,
    id,
    balance,
    sequence: BigInt(ledger) << 32n,
    sequenceLedger: 0,
    sequenceTime: 0n,
    subEntries: 0,
    flags: 0,
    homeDomain: '',
    masterWeight: 1,
    lowThreshold: 0,
    mediumThreshold: 0,
    highThreshold: 0,
    signers: [],
    liabilities: { buying: 0n, selling: 0n },
    sponsored: 0,
    sponsoring: 0,
  };
}

/** With its reserve settled, or why not. */
function withReserve(state: LedgerState, account: AccountEntry) {
  const sponsor = state.sponsorOf(account.id);
  if (sponsor === undefined) {
    return account.balance < 2n * state.baseReserve ? 'low_reserve' : account;
  }
  const failure = canSponsor(state, existingAccount(state, sponsor), 2);
  if (failure) return failure;
  count(state, sponsor, { sponsoring: 2 });
  return { ...account, sponsor, sponsored: 2 };
}

export const createAccount: OperationRules = {
  ...common,
  blank: () => result(code.createAccountSuccess()),
  check(body, { source }) {
    const op = body.createAccountOp();
    const malformed = op.startingBalance().toBigInt() < 0n || accountOf(op.destination()) === source;
    return malformed ? failed(result(code.createAccountMalformed())) : undefined;
  },
  apply(body, context) {
    const { state } = context;
    const op = body.createAccountOp();
    const destination = accountOf(op.destination());
    if (state.account(destination)) return failed(result(code.createAccountAlreadyExist()));
    const amount = op.startingBalance().toBigInt();
    const account = withReserve(state, newAccount(destination, amount, state.header.sequence));
    if (typeof account === 'string') {
      return cannotReserve(account, result(code.createAccountLowReserve()));
    }
    const source = loadSource(context);
    if (availableLumens(state, source) < amount) return failed(result(code.createAccountUnderfunded()));
    state.put({ ...source, balance: source.balance - amount });
    state.put(account);
    return succeeded(result(code.createAccountSuccess()));
  },
};
