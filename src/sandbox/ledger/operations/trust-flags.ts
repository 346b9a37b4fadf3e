import { xdr } from '@stellar/stellar-sdk';
import { isAssetCodeValid, isAssetValid, isNativeAsset } from '../checks.ts';
import { removeOffersOf } from '../exchange/index.ts';
import { accountOf, assetOf, creditOf, issuerOf } from '../keys.ts';
import { exchangeState, existingAccount } from '../sponsorship.ts';
import type { LedgerState } from '../state.ts';
import type { AssetString, TrustLineEntry } from '../types.ts';
import { authFlags, failed, lineFlags, lowThreshold, type OperationRules, succeeded } from './operation.ts';

const allow = xdr.OperationResultTr.allowTrust;
const allowCode = xdr.AllowTrustResult;
const set = xdr.OperationResultTr.setTrustLineFlags;
const setCode = xdr.SetTrustLineFlagsResult;
const AUTHORIZATION = lineFlags.authorized | lineFlags.maintain;
const ALL = AUTHORIZATION | lineFlags.clawback;

/** Without any authorization left, offers of the asset are pulled first. */
function changeFlags(state: LedgerState, line: TrustLineEntry, flags: number): void {
  if ((line.flags & AUTHORIZATION) !== 0 && (flags & AUTHORIZATION) === 0) {
    removeOffersOf(exchangeState(state), line.account, line.asset);
  }
  const now = state.trustline(line.account, line.asset) ?? line;
  state.put({ ...now, flags });
}

const isRevocable = (state: LedgerState, issuer: string): boolean =>
  (existingAccount(state, issuer).flags & authFlags.revocable) !== 0;

function allowedAsset(op: xdr.AllowTrustOp, issuer: string): { asset: AssetString; valid: boolean } {
  const assetCode = op.asset();
  const code =
    assetCode.switch().name === 'assetTypeCreditAlphanum4' ? assetCode.assetCode4() : assetCode.assetCode12();
  return { asset: creditOf(code, issuer), valid: isAssetCodeValid(code) };
}

export const allowTrust: OperationRules = {
  ...lowThreshold,
  blank: () => allow(allowCode.allowTrustSuccess()),
  check(body, { source }) {
    const op = body.allowTrustOp();
    const malformed =
      op.authorize() > lineFlags.maintain ||
      !allowedAsset(op, source).valid ||
      accountOf(op.trustor()) === source;
    return malformed ? failed(allow(allowCode.allowTrustMalformed())) : undefined;
  },
  apply(body, { state, source }) {
    const op = body.allowTrustOp();
    const revocable = isRevocable(state, source);
    if (!revocable && op.authorize() === 0) return failed(allow(allowCode.allowTrustCantRevoke()));
    const line = state.trustline(accountOf(op.trustor()), allowedAsset(op, source).asset);
    if (!line) return failed(allow(allowCode.allowTrustNoTrustLine()));
    const lowers = (line.flags & lineFlags.authorized) !== 0 && op.authorize() === lineFlags.maintain;
    if (!revocable && lowers) return failed(allow(allowCode.allowTrustCantRevoke()));
    changeFlags(state, line, (line.flags & ~AUTHORIZATION) | op.authorize());
    return succeeded(allow(allowCode.allowTrustSuccess()));
  },
};

function areFlagsMalformed(setFlags: number, clearFlags: number): boolean {
  if ((setFlags & clearFlags) !== 0) return true;
  if ((setFlags & ~AUTHORIZATION) !== 0 || (setFlags & AUTHORIZATION) === AUTHORIZATION) return true;
  return (clearFlags & ~ALL) !== 0;
}

export const setTrustLineFlags: OperationRules = {
  ...lowThreshold,
  blank: () => set(setCode.setTrustLineFlagsSuccess()),
  check(body, { source }) {
    const op = body.setTrustLineFlagsOp();
    const malformed =
      isNativeAsset(op.asset()) ||
      !isAssetValid(op.asset()) ||
      issuerOf(assetOf(op.asset())) !== source ||
      accountOf(op.trustor()) === source ||
      areFlagsMalformed(op.setFlags(), op.clearFlags());
    return malformed ? failed(set(setCode.setTrustLineFlagsMalformed())) : undefined;
  },
  apply(body, { state, source }) {
    const op = body.setTrustLineFlagsOp();
    const clears = (op.clearFlags() & AUTHORIZATION) !== 0;
    const authorizes = (op.setFlags() & lineFlags.authorized) !== 0;
    if (clears && !authorizes && !isRevocable(state, source)) {
      return failed(set(setCode.setTrustLineFlagsCantRevoke()));
    }
    const line = state.trustline(accountOf(op.trustor()), assetOf(op.asset()));
    if (!line) return failed(set(setCode.setTrustLineFlagsNoTrustLine()));
    const flags = (line.flags & ~op.clearFlags()) | op.setFlags();
    if ((flags & AUTHORIZATION) === AUTHORIZATION) {
      return failed(set(setCode.setTrustLineFlagsInvalidState()));
    }
    changeFlags(state, line, flags);
    return succeeded(set(setCode.setTrustLineFlagsSuccess()));
  },
};
