import { xdr } from '@stellar/stellar-sdk';
import { accountOf } from '../keys.ts';
import { common, failed, type OperationRules, succeeded } from './operation.ts';

const begin = xdr.OperationResultTr.beginSponsoringFutureReserves;
const beginCode = xdr.BeginSponsoringFutureReservesResult;
const end = xdr.OperationResultTr.endSponsoringFutureReserves;
const endCode = xdr.EndSponsoringFutureReservesResult;

export const beginSponsoringFutureReserves: OperationRules = {
  ...common,
  blank: () => begin(beginCode.beginSponsoringFutureReservesSuccess()),
  check(body, { source }) {
    const self = accountOf(body.beginSponsoringFutureReservesOp().sponsoredId()) === source;
    return self ? failed(begin(beginCode.beginSponsoringFutureReservesMalformed())) : undefined;
  },
  apply(body, { state, source }) {
    const sponsored = accountOf(body.beginSponsoringFutureReservesOp().sponsoredId());
    if (state.sponsorOf(sponsored) !== undefined) {
      return failed(begin(beginCode.beginSponsoringFutureReservesAlreadySponsored()));
    }
    if (state.sponsorOf(source) !== undefined || state.isSponsoring(sponsored)) {
      return failed(begin(beginCode.beginSponsoringFutureReservesRecursive()));
    }
    state.beginSponsoring(sponsored, source);
    return succeeded(begin(beginCode.beginSponsoringFutureReservesSuccess()));
  },
};

export const endSponsoringFutureReserves: OperationRules = {
  ...common,
  blank: () => end(endCode.endSponsoringFutureReservesSuccess()),
  check: () => undefined,
  apply(_, { state, source }) {
    if (state.sponsorOf(source) === undefined) {
      return failed(end(endCode.endSponsoringFutureReservesNotSponsored()));
    }
    state.endSponsoring(source);
    return succeeded(end(endCode.endSponsoringFutureReservesSuccess()));
  },
};
