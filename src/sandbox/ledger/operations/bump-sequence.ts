import { xdr } from '@stellar/stellar-sdk';
import { max } from '../exchange/arithmetic.ts';
import { existingAccount } from '../sponsorship.ts';
import { failed, lowThreshold, type OperationRules, succeeded } from './operation.ts';

const result = xdr.OperationResultTr.bumpSequence;
const code = xdr.BumpSequenceResult;

export const bumpSequence: OperationRules = {
  ...lowThreshold,
  blank: () => result(code.bumpSequenceSuccess()),
  check(body) {
    const backwards = body.bumpSequenceOp().bumpTo().toBigInt() < 0n;
    return backwards ? failed(result(code.bumpSequenceBadSeq())) : undefined;
  },
  apply(body, { state, source }) {
    const account = existingAccount(state, source);
    const bumpTo = body.bumpSequenceOp().bumpTo().toBigInt();
    const sequence = max(bumpTo, account.sequence);
    const { sequence: sequenceLedger, closeTime } = state.header;
    // The age of the number begins anew even where the number stays.
    state.put({ ...account, sequence, sequenceLedger, sequenceTime: BigInt(closeTime) });
    return succeeded(result(code.bumpSequenceSuccess()));
  },
};
