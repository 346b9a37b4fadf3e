import { xdr } from '@stellar/stellar-sdk';
import { isAssetValid } from '../checks.ts';
import { holdingOf, isAuthorized, isIssuer, withBalance } from '../exchange/holdings.ts';
import { accountOfMuxed, assetOf, NATIVE } from '../keys.ts';
import type { LedgerState } from '../state.ts';
import type { AssetString } from '../types.ts';
import { common, failed, type OperationRules, succeeded } from './operation.ts';

const result = xdr.OperationResultTr.payment;
const code = xdr.PaymentResult;

/** Adds stroops to what an account holds; answers why not. */
function credit(state: LedgerState, account: string, asset: AssetString, amount: bigint) {
  const holding = holdingOf(state, account, asset);
  if (!holding) return code.paymentNoTrust();
  if (!isAuthorized(holding)) return code.paymentNotAuthorized();
  if (holding.kind === 'issuer') return undefined;
  const changed = withBalance(holding, amount, state.baseReserve);
  if (!changed) return code.paymentLineFull();
  state.put(changed);
  return undefined;
}

function debit(state: LedgerState, account: string, asset: AssetString, amount: bigint) {
  const holding = holdingOf(state, account, asset);
  if (!holding) return code.paymentSrcNoTrust();
  if (!isAuthorized(holding)) return code.paymentSrcNotAuthorized();
  if (holding.kind === 'issuer') return undefined;
  const changed = withBalance(holding, -amount, state.baseReserve);
  if (!changed) return code.paymentUnderfunded();
  state.put(changed);
  return undefined;
}

/** The destination is credited before the source is debited, as in a strict receive path payment: that decides the code. */
export const payment: OperationRules = {
  ...common,
  blank: () => result(code.paymentSuccess()),
  check(body) {
    const op = body.paymentOp();
    const malformed = op.amount().toBigInt() <= 0n || !isAssetValid(op.asset());
    return malformed ? failed(result(code.paymentMalformed())) : undefined;
  },
  apply(body, { state, source }) {
    const op = body.paymentOp();
    const destination = accountOfMuxed(op.destination());
    const asset = assetOf(op.asset());
    const amount = op.amount().toBigInt();
    if (destination === source && asset === NATIVE) return succeeded(result(code.paymentSuccess()));
    // Credit can always go back to its issuer, even one that is no more.
    if (!isIssuer(destination, asset) && !state.account(destination)) {
      return failed(result(code.paymentNoDestination()));
    }
    const failure = credit(state, destination, asset, amount) ?? debit(state, source, asset, amount);
    return failure ? failed(result(failure)) : succeeded(result(code.paymentSuccess()));
  },
};
