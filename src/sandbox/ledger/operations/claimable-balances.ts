import { xdr } from '@stellar/stellar-sdk';
import { isAssetValid } from '../checks.ts';
import { claimableBalanceIdXdr } from '../entry-xdr.ts';
import { sha256 } from '../envelope.ts';
import { holdingOf, isAuthorized, withBalance } from '../exchange/holdings.ts';
import { accountOf, accountXdr, assetOf, issuerOf, NATIVE } from '../keys.ts';
import { existingAccount, releaseClaimableBalance, reserveClaimableBalance } from '../sponsorship.ts';
import type { AssetString, ClaimableBalanceEntry, Claimant } from '../types.ts';
import {
  type ApplyContext,
  authFlags,
  cannotReserve,
  common,
  failed,
  lineFlags,
  lowThreshold,
  type OperationContext,
  type OperationRules,
  succeeded,
} from './operation.ts';
import { isPredicateValid, isSatisfied, keptPredicate } from './predicates.ts';

const create = xdr.OperationResultTr.createClaimableBalance;
const createCode = xdr.CreateClaimableBalanceResult;
const claim = xdr.OperationResultTr.claimClaimableBalance;
const claimCode = xdr.ClaimClaimableBalanceResult;
const clawback = xdr.OperationResultTr.clawbackClaimableBalance;
const clawbackCode = xdr.ClawbackClaimableBalanceResult;

/** Type 0 and 32 bytes: 72 hex digits. */
const idOf = (id: xdr.ClaimableBalanceId): string => id.toXDR('hex');
const hashId = (hash: Buffer): string => `00000000${hash.toString('hex')}`;

/** The id follows from the transaction's source and number and the place of the operation. */
function newBalanceId({ transaction, index }: OperationContext): string {
  const preimage = xdr.HashIdPreimage.envelopeTypeOpId(
    new xdr.HashIdPreimageOperationId({
      sourceAccount: accountXdr(transaction.source),
      seqNum: new xdr.Int64(transaction.sequence),
      opNum: index,
    }),
  );
  return hashId(sha256(preimage.toXDR()));
}

/** Takes the amount from the source; answers the balance's flags, or why not. */
function debit({ state, source }: ApplyContext, asset: AssetString, amount: bigint) {
  const holding = holdingOf(state, source, asset);
  if (!holding) return createCode.createClaimableBalanceNoTrust();
  if (!isAuthorized(holding)) return createCode.createClaimableBalanceNotAuthorized();
  if (holding.kind !== 'issuer') {
    const changed = withBalance(holding, -amount, state.baseReserve);
    if (!changed) return createCode.createClaimableBalanceUnderfunded();
    state.put(changed);
  }
  if (holding.kind === 'line') return holding.entry.flags & lineFlags.clawback ? 1 : 0;
  const issues = holding.kind === 'issuer';
  return issues && existingAccount(state, source).flags & authFlags.clawback ? 1 : 0;
}

export const createClaimableBalance: OperationRules = {
  ...common,
  blank: () =>
    create(createCode.createClaimableBalanceSuccess(claimableBalanceIdXdr(hashId(Buffer.alloc(32))))),
  check(body) {
    const op = body.createClaimableBalanceOp();
    const claimants = op.claimants().map((claimant) => claimant.v0());
    const destinations = new Set(claimants.map((claimant) => accountOf(claimant.destination())));
    const valid =
      isAssetValid(op.asset()) &&
      op.amount().toBigInt() > 0n &&
      claimants.length > 0 &&
      destinations.size === claimants.length &&
      claimants.every((claimant) => isPredicateValid(claimant.predicate()));
    return valid ? undefined : failed(create(createCode.createClaimableBalanceMalformed()));
  },
  apply(body, context) {
    const { state, source } = context;
    const op = body.createClaimableBalanceOp();
    const asset = assetOf(op.asset());
    const amount = op.amount().toBigInt();
    state.touch(existingAccount(state, source));
    const flags = debit(context, asset, amount);
    if (typeof flags !== 'number') return failed(create(flags));
    const closeTime = BigInt(state.header.closeTime);
    const claimants: Claimant[] = op.claimants().map((claimant) => ({
      destination: accountOf(claimant.v0().destination()),
      predicate: keptPredicate(claimant.v0().predicate(), closeTime),
    }));
    const reserved = reserveClaimableBalance(state, source, claimants.length);
    if (typeof reserved === 'string') {
      return cannotReserve(reserved, create(createCode.createClaimableBalanceLowReserve()));
    }
    const id = newBalanceId(context);
    const { sequence: lastModified } = state.header;
    const { sponsor } = reserved;
    state.put({ kind: 'claimable_balance', lastModified, sponsor, id, claimants, asset, amount, flags });
    return succeeded(create(createCode.createClaimableBalanceSuccess(claimableBalanceIdXdr(id))));
  },
};

function canClaim(entry: ClaimableBalanceEntry, account: string, closeTime: number): boolean {
  const claimant = entry.claimants.find(({ destination }) => destination === account);
  return claimant !== undefined && isSatisfied(claimant.predicate, BigInt(closeTime));
}

export const claimClaimableBalance: OperationRules = {
  ...lowThreshold,
  blank: () => claim(claimCode.claimClaimableBalanceSuccess()),
  check: () => undefined,
  apply(body, { state, source }) {
    const entry = state.claimableBalance(idOf(body.claimClaimableBalanceOp().balanceId()));
    if (!entry) return failed(claim(claimCode.claimClaimableBalanceDoesNotExist()));
    if (!canClaim(entry, source, state.header.closeTime)) {
      return failed(claim(claimCode.claimClaimableBalanceCannotClaim()));
    }
    const holding = holdingOf(state, source, entry.asset);
    if (!holding) return failed(claim(claimCode.claimClaimableBalanceNoTrust()));
    if (!isAuthorized(holding)) return failed(claim(claimCode.claimClaimableBalanceNotAuthorized()));
    if (holding.kind !== 'issuer') {
      const changed = withBalance(holding, entry.amount, state.baseReserve);
      if (!changed) return failed(claim(claimCode.claimClaimableBalanceLineFull()));
      state.put(changed);
    }
    state.touch(existingAccount(state, source));
    releaseClaimableBalance(state, entry);
    state.remove(entry);
    return succeeded(claim(claimCode.claimClaimableBalanceSuccess()));
  },
};

export const clawbackClaimableBalance: OperationRules = {
  ...common,
  blank: () => clawback(clawbackCode.clawbackClaimableBalanceSuccess()),
  check: () => undefined,
  apply(body, { state, source }) {
    const entry = state.claimableBalance(idOf(body.clawbackClaimableBalanceOp().balanceId()));
    if (!entry) return failed(clawback(clawbackCode.clawbackClaimableBalanceDoesNotExist()));
    if (entry.asset === NATIVE || issuerOf(entry.asset) !== source) {
      return failed(clawback(clawbackCode.clawbackClaimableBalanceNotIssuer()));
    }
    if ((entry.flags & 1) === 0) {
      return failed(clawback(clawbackCode.clawbackClaimableBalanceNotClawbackEnabled()));
    }
    state.touch(existingAccount(state, source));
    releaseClaimableBalance(state, entry);
    state.remove(entry);
    return succeeded(clawback(clawbackCode.clawbackClaimableBalanceSuccess()));
  },
};
