import type { xdr } from '@stellar/stellar-sdk';
import type { EntryChange } from '../../ledger/types.ts';
import { type Address, accountOf, addressOf } from './envelope.ts';

function ledgerKeyParticipants(key: xdr.LedgerKey): string[] {
  switch (key.switch().name) {
    case 'account':
      return [accountOf(key.account().accountId())];
    case 'data':
      return [accountOf(key.data().accountId())];
    case 'offer':
      return [accountOf(key.offer().sellerId())];
    case 'trustline':
      return [accountOf(key.trustLine().accountId())];
    default:
      return [];
  }
}

/** The accounts beside the source whose history an operation belongs to. */
function others(body: xdr.OperationBody, beginSponsor: Address | undefined): string[] {
  switch (body.switch().name) {
    case 'createAccount':
      return [accountOf(body.createAccountOp().destination())];
    case 'payment':
      return [addressOf(body.paymentOp().destination()).account];
    case 'pathPaymentStrictReceive':
      return [addressOf(body.pathPaymentStrictReceiveOp().destination()).account];
    case 'pathPaymentStrictSend':
      return [addressOf(body.pathPaymentStrictSendOp().destination()).account];
    case 'allowTrust':
      return [accountOf(body.allowTrustOp().trustor())];
    case 'setTrustLineFlags':
      return [accountOf(body.setTrustLineFlagsOp().trustor())];
    case 'accountMerge':
      return [addressOf(body.destination()).account];
    case 'createClaimableBalance':
      return body
        .createClaimableBalanceOp()
        .claimants()
        .map((claimant) => accountOf(claimant.v0().destination()));
    case 'beginSponsoringFutureReserves':
      return [accountOf(body.beginSponsoringFutureReservesOp().sponsoredId())];
    case 'endSponsoringFutureReserves':
      return beginSponsor === undefined ? [] : [beginSponsor.account];
    case 'revokeSponsorship': {
      const op = body.revokeSponsorshipOp();
      if (op.switch().name === 'revokeSponsorshipSigner') return [accountOf(op.signer().accountId())];
      return ledgerKeyParticipants(op.ledgerKey());
    }
    case 'clawback':
      return [addressOf(body.clawbackOp().from()).account];
    default:
      return [];
  }
}

export function operationParticipants(
  source: Address,
  body: xdr.OperationBody,
  beginSponsor: Address | undefined,
  sponsor: string | undefined,
): string[] {
  const all = [source.account, ...others(body, beginSponsor)];
  if (sponsor !== undefined) all.push(sponsor);
  return [...new Set(all)];
}

/** Accounts whose entries changed. */
export function changedAccounts(changes: readonly EntryChange[]): string[] {
  return changes.flatMap(({ before, after }) => {
    const entry = after ?? before;
    return entry?.kind === 'account' ? [entry.id] : [];
  });
}

/** Claimable balances that an operation names or changes. */
export function operationBalances(body: xdr.OperationBody, changes: readonly EntryChange[]): string[] {
  const ids = changes.flatMap(({ before, after }) => {
    const entry = after ?? before;
    return entry?.kind === 'claimable_balance' ? [entry.id] : [];
  });
  switch (body.switch().name) {
    case 'claimClaimableBalance':
      ids.push(body.claimClaimableBalanceOp().balanceId().toXDR('hex'));
      break;
    case 'clawbackClaimableBalance':
      ids.push(body.clawbackClaimableBalanceOp().balanceId().toXDR('hex'));
      break;
    case 'revokeSponsorship': {
      const op = body.revokeSponsorshipOp();
      if (op.switch().name === 'revokeSponsorshipSigner') break;
      const key = op.ledgerKey();
      if (key.switch().name === 'claimableBalance') ids.push(key.claimableBalance().balanceId().toXDR('hex'));
      break;
    }
  }
  return [...new Set(ids)];
}
