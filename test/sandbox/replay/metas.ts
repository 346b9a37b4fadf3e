import { xdr } from '@stellar/stellar-sdk';

type Keyed = xdr.LedgerEntryData | xdr.LedgerKey;

/** `trustline GABC USD`: which entry it is, without what it holds. */
function nameOf(entry: Keyed): string {
  const bytes = (value: { toXDR(): Buffer }): string => value.toXDR().toString('base64');
  switch (entry.switch().name) {
    case 'account':
      return `account ${bytes(entry.account().accountId())}`;
    case 'trustline': {
      const line = entry.trustLine();
      return `trustline ${bytes(line.accountId())} ${bytes(line.asset())}`;
    }
    case 'offer':
      return `offer ${entry.offer().offerId()}`;
    case 'data':
      return `data ${bytes(entry.data().accountId())} ${entry.data().dataName()}`;
    case 'claimableBalance':
      return `claimable balance ${bytes(entry.claimableBalance().balanceId())}`;
    default:
      return entry.switch().name;
  }
}

function describeChange(change: xdr.LedgerEntryChange): string {
  const kind = change.switch().name;
  if (kind === 'ledgerEntryRemoved') return `${kind} ${nameOf(change.removed())}`;
  return `${kind} ${nameOf((change.value() as xdr.LedgerEntry).data())}`;
}

/**
 * Which entries a transaction created, changed and removed, per operation; sorted, because the order of changes is the
 * core's own.
 */
export function entriesChanged(metaXdr: string): string {
  const meta = xdr.TransactionMeta.fromXDR(metaXdr, 'base64').v2();
  const parts = [
    meta.txChangesBefore(),
    ...meta.operations().map((operation) => operation.changes()),
    meta.txChangesAfter(),
  ];
  return JSON.stringify(parts.map((changes) => changes.map(describeChange).sort()));
}
