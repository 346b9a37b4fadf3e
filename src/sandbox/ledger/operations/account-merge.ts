import { xdr } from '@stellar/stellar-sdk';
import { accountOfMuxed } from '../keys.ts';
import { count, existingAccount, removeSigner } from '../sponsorship.ts';
import type { AccountEntry } from '../types.ts';
import {
  type ApplyContext,
  authFlags,
  common,
  failed,
  INT64_MAX,
  loadSource,
  type OperationRules,
  succeeded,
} from './operation.ts';

const result = xdr.OperationResultTr.accountMerge;
const code = xdr.AccountMergeResult;

/** An account made again in this ledger starts at its number: what was signed before must not become valid by that. */
function isSequenceTooFar({ state, highestSequence }: ApplyContext, account: AccountEntry): boolean {
  const start = BigInt(state.header.sequence) << 32n;
  return account.sequence >= start || (highestSequence(account.id) ?? 0n) >= start;
}

function whyNot(context: ApplyContext, account: AccountEntry) {
  if (account.flags & authFlags.immutable) return code.accountMergeImmutableSet();
  if (account.subEntries !== account.signers.length) return code.accountMergeHasSubEntries();
  if (isSequenceTooFar(context, account)) return code.accountMergeSeqnumTooFar();
  const sponsors = context.state.isSponsoring(account.id) || account.sponsoring > 0;
  return sponsors ? code.accountMergeIsSponsor() : undefined;
}

export const accountMerge: OperationRules = {
  ...common,
  threshold: () => 'high',
  blank: () => result(code.accountMergeSuccess(new xdr.Int64(0n))),
  check(body, { source }) {
    const self = accountOfMuxed(body.destination()) === source;
    return self ? failed(result(code.accountMergeMalformed())) : undefined;
  },
  apply(body, context) {
    const { state, source } = context;
    const destination = state.account(accountOfMuxed(body.destination()));
    if (!destination) return failed(result(code.accountMergeNoAccount()));
    const account = loadSource(context);
    const failure = whyNot(context, account);
    if (failure) return failed(result(failure));
    for (const signer of account.signers.toReversed()) removeSigner(state, source, signer);
    const { balance, sponsor } = account;
    // Loaded again: it may have sponsored a signer that is gone now.
    const heir = existingAccount(state, destination.id);
    if (balance > INT64_MAX - heir.balance - heir.liabilities.buying) {
      return failed(result(code.accountMergeDestFull()));
    }
    state.put({ ...heir, balance: heir.balance + balance });
    if (sponsor !== undefined) count(state, sponsor, { sponsoring: -2 });
    state.remove(existingAccount(state, source));
    return succeeded(result(code.accountMergeSuccess(new xdr.Int64(balance))));
  },
};
