import { xdr } from '@stellar/stellar-sdk';
import { accountMerge } from './account-merge.ts';
import { bumpSequence } from './bump-sequence.ts';
import { changeTrust } from './change-trust.ts';
import {
  claimClaimableBalance,
  clawbackClaimableBalance,
  createClaimableBalance,
} from './claimable-balances.ts';
import { clawback } from './clawback.ts';
import { createAccount } from './create-account.ts';
import * as exchange from './exchange.ts';
import { manageData } from './manage-data.ts';
import type { OperationRules } from './operation.ts';
import { payment } from './payment.ts';
import { revokeSponsorship } from './revoke-sponsorship.ts';
import { setOptions } from './set-options.ts';
import { beginSponsoringFutureReserves, endSponsoringFutureReserves } from './sponsoring.ts';
import { allowTrust, setTrustLineFlags } from './trust-flags.ts';
import { unsupported } from './unsupported.ts';

const tr = xdr.OperationResultTr;

const inflation = unsupported(() => tr.inflation(xdr.InflationResult.inflationSuccess([])));
const poolDeposit = unsupported(() =>
  tr.liquidityPoolDeposit(xdr.LiquidityPoolDepositResult.liquidityPoolDepositSuccess()),
);
const poolWithdraw = unsupported(() =>
  tr.liquidityPoolWithdraw(xdr.LiquidityPoolWithdrawResult.liquidityPoolWithdrawSuccess()),
);

const rules: Record<string, OperationRules> = {
  createAccount,
  payment,
  changeTrust,
  setOptions,
  ...exchange,
  allowTrust,
  accountMerge,
  manageData,
  bumpSequence,
  createClaimableBalance,
  claimClaimableBalance,
  beginSponsoringFutureReserves,
  endSponsoringFutureReserves,
  revokeSponsorship,
  clawback,
  clawbackClaimableBalance,
  setTrustLineFlags,
  inflation,
  liquidityPoolDeposit: poolDeposit,
  liquidityPoolWithdraw: poolWithdraw,
  invokeHostFunction: unsupported(() =>
    tr.invokeHostFunction(xdr.InvokeHostFunctionResult.invokeHostFunctionSuccess(Buffer.alloc(32))),
  ),
  extendFootprintTtl: unsupported(() =>
    tr.extendFootprintTtl(xdr.ExtendFootprintTtlResult.extendFootprintTtlSuccess()),
  ),
  restoreFootprint: unsupported(() =>
    tr.restoreFootprint(xdr.RestoreFootprintResult.restoreFootprintSuccess()),
  ),
};

/** Undefined for what is no operation of ours. */
export function rulesFor(body: xdr.OperationBody): OperationRules | undefined {
  return rules[body.switch().name];
}
