import { xdr } from '@stellar/stellar-sdk';
import { isAssetValid, isNativeAsset } from '../checks.ts';
import { accountOf, accountOfMuxed, assetOf, issuerOf } from '../keys.ts';
import { common, failed, lineFlags, type OperationRules, succeeded } from './operation.ts';

const result = xdr.OperationResultTr.clawback;
const code = xdr.ClawbackResult;

/** Only the plain address of the source is refused here; a muxed one of it has no trustline (as the core has it). */
function isFromSource(from: xdr.MuxedAccount, source: string): boolean {
  if (from.switch().name !== 'keyTypeEd25519') return false;
  return accountOf(xdr.PublicKey.publicKeyTypeEd25519(from.ed25519())) === source;
}

export const clawback: OperationRules = {
  ...common,
  blank: () => result(code.clawbackSuccess()),
  check(body, { source }) {
    const op = body.clawbackOp();
    const malformed =
      isFromSource(op.from(), source) ||
      op.amount().toBigInt() < 1n ||
      isNativeAsset(op.asset()) ||
      !isAssetValid(op.asset()) ||
      issuerOf(assetOf(op.asset())) !== source;
    return malformed ? failed(result(code.clawbackMalformed())) : undefined;
  },
  apply(body, { state }) {
    const op = body.clawbackOp();
    const line = state.trustline(accountOfMuxed(op.from()), assetOf(op.asset()));
    if (!line) return failed(result(code.clawbackNoTrust()));
    if ((line.flags & lineFlags.clawback) === 0) return failed(result(code.clawbackNotClawbackEnabled()));
    const balance = line.balance - op.amount().toBigInt();
    if (balance < line.liabilities.selling) return failed(result(code.clawbackUnderfunded()));
    state.put({ ...line, balance });
    return succeeded(result(code.clawbackSuccess()));
  },
};
