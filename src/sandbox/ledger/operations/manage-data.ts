import { xdr } from '@stellar/stellar-sdk';
import { isStringValid } from '../checks.ts';
import { releaseSubEntry, reserveSubEntry } from '../sponsorship.ts';
import { cannotReserve, common, failed, type OperationRules, succeeded } from './operation.ts';

const result = xdr.OperationResultTr.manageData;
const code = xdr.ManageDataResult;

export const manageData: OperationRules = {
  ...common,
  blank: () => result(code.manageDataSuccess()),
  check(body) {
    const name = body.manageDataOp().dataName();
    const valid = name.length > 0 && isStringValid(name);
    return valid ? undefined : failed(result(code.manageDataInvalidName()));
  },
  apply(body, { state, source }) {
    const op = body.manageDataOp();
    const name = op.dataName().toString();
    const value = op.dataValue();
    const entry = state.data(source, name);
    if (value && entry) {
      state.put({ ...entry, value: new Uint8Array(value) });
    } else if (value) {
      const reserved = reserveSubEntry(state, source);
      if (typeof reserved === 'string') return cannotReserve(reserved, result(code.manageDataLowReserve()));
      const { sequence: lastModified } = state.header;
      const { sponsor } = reserved;
      state.put({ kind: 'data', lastModified, sponsor, account: source, name, value: new Uint8Array(value) });
    } else if (entry) {
      releaseSubEntry(state, source, entry.sponsor);
      state.remove(entry);
    } else return failed(result(code.manageDataNameNotFound()));
    return succeeded(result(code.manageDataSuccess()));
  },
};
