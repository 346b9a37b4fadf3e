import { xdr } from '@stellar/stellar-sdk';
import { isAssetValid, isNativeAsset } from '../checks.ts';
import { isIssuer } from '../exchange/holdings.ts';
import { assetOf, issuerOf } from '../keys.ts';
import { releaseSubEntry, reserveSubEntry } from '../sponsorship.ts';
import type { AssetString, TrustLineEntry } from '../types.ts';
import {
  type ApplyContext,
  authFlags,
  cannotReserve,
  common,
  failed,
  lineFlags,
  type OperationOutcome,
  type OperationRules,
  succeeded,
} from './operation.ts';

const result = xdr.OperationResultTr.changeTrust;
const code = xdr.ChangeTrustResult;

function change(context: ApplyContext, line: TrustLineEntry, limit: bigint): OperationOutcome {
  const { state } = context;
  if (limit < line.balance + line.liabilities.buying) return failed(result(code.changeTrustInvalidLimit()));
  if (limit === 0n) {
    releaseSubEntry(state, context.source, line.sponsor);
    state.remove(line);
  } else {
    if (!state.account(issuerOf(line.asset))) return failed(result(code.changeTrustNoIssuer()));
    state.put({ ...line, limit });
  }
  return succeeded(result(code.changeTrustSuccess()));
}

function create(context: ApplyContext, asset: AssetString, limit: bigint): OperationOutcome {
  const { state, source } = context;
  if (limit === 0n) return failed(result(code.changeTrustInvalidLimit()));
  const issuer = state.account(issuerOf(asset));
  if (!issuer) return failed(result(code.changeTrustNoIssuer()));
  const authorized = issuer.flags & authFlags.required ? 0 : lineFlags.authorized;
  const clawback = issuer.flags & authFlags.clawback ? lineFlags.clawback : 0;
  const reserved = reserveSubEntry(state, source);
  if (typeof reserved === 'string') return cannotReserve(reserved, result(code.changeTrustLowReserve()));
  state.put({
    kind: 'trustline',
    lastModified: state.header.sequence,
    sponsor: reserved.sponsor,
    account: source,
    asset,
    balance: 0n,
    limit,
    flags: authorized | clawback,
    liabilities: { buying: 0n, selling: 0n },
  });
  return succeeded(result(code.changeTrustSuccess()));
}

export const changeTrust: OperationRules = {
  ...common,
  supports: (body) => body.changeTrustOp().line().switch().name !== 'assetTypePoolShare',
  blank: () => result(code.changeTrustSuccess()),
  check(body, { source }) {
    const op = body.changeTrustOp();
    const line = op.line();
    const malformed =
      op.limit().toBigInt() < 0n ||
      !isAssetValid(line) ||
      isNativeAsset(line) ||
      isIssuer(source, assetOf(line));
    return malformed ? failed(result(code.changeTrustMalformed())) : undefined;
  },
  apply(body, context) {
    const op = body.changeTrustOp();
    const asset = assetOf(op.line());
    const limit = op.limit().toBigInt();
    const line = context.state.trustline(context.source, asset);
    return line ? change(context, line, limit) : create(context, asset, limit);
  },
};
