import { xdr } from '@stellar/stellar-sdk';
import { isAssetValid, isNativeAsset, isStringValid } from '../checks.ts';
import { isIssuer } from '../exchange/holdings.ts';
import type { CreateEntryFailure } from '../exchange/ports.ts';
import { accountOf, assetOf, signerKeyOf } from '../keys.ts';
import { availableLumens, canSponsor, count, existingAccount, reservesOf } from '../sponsorship.ts';
import type { LedgerState } from '../state.ts';
import type { LedgerEntry } from '../types.ts';
import {
  type ApplyContext,
  cannotReserve,
  common,
  failed,
  type OperationOutcome,
  type OperationRules,
  succeeded,
} from './operation.ts';

const result = xdr.OperationResultTr.revokeSponsorship;
const code = xdr.RevokeSponsorshipResult;

function isTrustLineKeyValid(key: xdr.LedgerKeyTrustLine): boolean {
  const asset = key.asset();
  if (asset.switch().name === 'assetTypePoolShare') return true;
  return (
    isAssetValid(asset) && !isNativeAsset(asset) && !isIssuer(accountOf(key.accountId()), assetOf(asset))
  );
}

function isKeyValid(key: xdr.LedgerKey): boolean {
  switch (key.switch().name) {
    case 'account':
    case 'claimableBalance':
      return true;
    case 'trustline':
      return isTrustLineKeyValid(key.trustLine());
    case 'offer':
      return key.offer().offerId().toBigInt() > 0n;
    case 'data':
      return key.data().dataName().length > 0 && isStringValid(key.data().dataName());
    default:
      return false;
  }
}

function findEntry(state: LedgerState, key: xdr.LedgerKey): LedgerEntry | undefined {
  switch (key.switch().name) {
    case 'account':
      return state.account(accountOf(key.account().accountId()));
    case 'trustline': {
      const line = key.trustLine();
      if (line.asset().switch().name === 'assetTypePoolShare') return undefined;
      return state.trustline(accountOf(line.accountId()), assetOf(line.asset()));
    }
    case 'offer': {
      const offer = state.offer(key.offer().offerId().toBigInt());
      return offer?.seller === accountOf(key.offer().sellerId()) ? offer : undefined;
    }
    case 'data':
      return state.data(accountOf(key.data().accountId()), key.data().dataName().toString());
    case 'claimableBalance':
      return state.claimableBalance(key.claimableBalance().balanceId().toXDR('hex'));
    default:
      return undefined;
  }
}

/** Who pays for an entry that has no sponsor. A claimable balance always has one. */
function ownerOf(entry: LedgerEntry): string {
  switch (entry.kind) {
    case 'account':
      return entry.id;
    case 'offer':
      return entry.seller;
    case 'claimable_balance':
      return entry.sponsor as string;
    default:
      return entry.account;
  }
}

interface Reserve {
  owner: string;
  /** of today */
  sponsor: string | undefined;
  /** in base reserves */
  reserves: number;
  /** whether the owner counts it as sponsored: not for claimable balances */
  counted: boolean;
}

/** Who will pay: the source's own sponsor, unless that is the owner; else the owner. */
function nextSponsor({ state, source }: ApplyContext, owner: string): string | undefined {
  const sponsor = state.sponsorOf(source);
  return sponsor === owner ? undefined : sponsor;
}

/** Moves a reserve from one payer to another; answers why not. */
function moveReserve(
  state: LedgerState,
  { owner, sponsor, reserves, counted }: Reserve,
  next: string | undefined,
): CreateEntryFailure | undefined {
  if (next === undefined && sponsor === undefined) return undefined;
  if (next === undefined) {
    const needed = BigInt(reserves) * state.baseReserve;
    if (counted && availableLumens(state, existingAccount(state, owner)) < needed) return 'low_reserve';
  } else {
    const failure = canSponsor(state, existingAccount(state, next), reserves);
    if (failure) return failure;
  }
  if (sponsor !== undefined) count(state, sponsor, { sponsoring: -reserves });
  if (next !== undefined) count(state, next, { sponsoring: reserves });
  const sponsored = (next === undefined ? 0 : reserves) - (sponsor === undefined ? 0 : reserves);
  if (counted && sponsored !== 0) count(state, owner, { sponsored });
  return undefined;
}

const done = (): OperationOutcome => succeeded(result(code.revokeSponsorshipSuccess()));
const refuseMove = (failure: CreateEntryFailure): OperationOutcome =>
  cannotReserve(failure, result(code.revokeSponsorshipLowReserve()));

function revokeEntry(context: ApplyContext, key: xdr.LedgerKey): OperationOutcome {
  const { state, source } = context;
  const found = findEntry(state, key);
  if (!found) return failed(result(code.revokeSponsorshipDoesNotExist()));
  const entry = state.touch(found);
  const owner = ownerOf(entry);
  if ((entry.sponsor ?? owner) !== source) return failed(result(code.revokeSponsorshipNotSponsor()));
  const next = nextSponsor(context, owner);
  const isBalance = entry.kind === 'claimable_balance';
  if (isBalance && next === undefined) return failed(result(code.revokeSponsorshipOnlyTransferable()));
  const reserve = { owner, sponsor: entry.sponsor, reserves: reservesOf(entry), counted: !isBalance };
  const failure = moveReserve(state, reserve, next);
  if (failure) return refuseMove(failure);
  // An account that is the entry itself has new counts by now.
  const now = entry.kind === 'account' ? existingAccount(state, entry.id) : entry;
  state.put({ ...now, sponsor: next });
  return done();
}

function revokeSigner(context: ApplyContext, op: xdr.RevokeSponsorshipOpSigner): OperationOutcome {
  const { state, source } = context;
  const owner = accountOf(op.accountId());
  const key = signerKeyOf(op.signerKey());
  const signer = state.account(owner)?.signers.find((other) => other.key === key);
  if (!signer) return failed(result(code.revokeSponsorshipDoesNotExist()));
  state.touch(existingAccount(state, owner));
  if ((signer.sponsor ?? owner) !== source) return failed(result(code.revokeSponsorshipNotSponsor()));
  const next = nextSponsor(context, owner);
  const reserve = { owner, sponsor: signer.sponsor, reserves: 1, counted: true };
  const failure = moveReserve(state, reserve, next);
  if (failure) return refuseMove(failure);
  const account = existingAccount(state, owner);
  const signers = account.signers.map((other) => (other.key === key ? { ...other, sponsor: next } : other));
  state.put({ ...account, signers });
  return done();
}

export const revokeSponsorship: OperationRules = {
  ...common,
  blank: () => result(code.revokeSponsorshipSuccess()),
  check(body) {
    const op = body.revokeSponsorshipOp();
    if (op.switch().name === 'revokeSponsorshipSigner' || isKeyValid(op.ledgerKey())) return undefined;
    return failed(result(code.revokeSponsorshipMalformed()));
  },
  apply(body, context) {
    const op = body.revokeSponsorshipOp();
    return op.switch().name === 'revokeSponsorshipSigner'
      ? revokeSigner(context, op.signer())
      : revokeEntry(context, op.ledgerKey());
  },
};
