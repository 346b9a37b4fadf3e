import { xdr } from '@stellar/stellar-sdk';
import { accountXdr, assetXdr, signerKeyXdr, trustLineAssetXdr } from './keys.ts';
import type {
  AccountEntry,
  ClaimableBalanceEntry,
  DataEntry,
  EntryChange,
  LedgerEntry,
  Liabilities,
  OfferEntry,
  Predicate,
  TrustLineEntry,
} from './types.ts';

const int64 = (value: bigint): xdr.Int64 => new xdr.Int64(value);

function liabilitiesXdr({ buying, selling }: Liabilities): xdr.Liabilities {
  return new xdr.Liabilities({ buying: int64(buying), selling: int64(selling) });
}

/** Each extension is there only once it was needed; version 3 (sequence age) needs 2 (sponsorship) needs 1 (liabilities). */
function accountExt(entry: AccountEntry): xdr.AccountEntryExt {
  const aged = entry.sequenceLedger !== 0;
  const sponsorship =
    aged || entry.sponsored > 0 || entry.sponsoring > 0 || entry.signers.some((signer) => signer.sponsor);
  if (!sponsorship && entry.liabilities.buying === 0n && entry.liabilities.selling === 0n) {
    return new xdr.AccountEntryExt(0);
  }
  const v3 = new xdr.AccountEntryExtensionV3({
    ext: new xdr.ExtensionPoint(0),
    seqLedger: entry.sequenceLedger,
    seqTime: new xdr.Uint64(entry.sequenceTime),
  });
  const v2 = new xdr.AccountEntryExtensionV2({
    numSponsored: entry.sponsored,
    numSponsoring: entry.sponsoring,
    signerSponsoringIDs: entry.signers.map(({ sponsor }) => (sponsor ? accountXdr(sponsor) : null)) as never,
    ext: aged ? new xdr.AccountEntryExtensionV2Ext(3, v3) : new xdr.AccountEntryExtensionV2Ext(0),
  });
  const v1 = new xdr.AccountEntryExtensionV1({
    liabilities: liabilitiesXdr(entry.liabilities),
    ext: sponsorship ? new xdr.AccountEntryExtensionV1Ext(2, v2) : new xdr.AccountEntryExtensionV1Ext(0),
  });
  return new xdr.AccountEntryExt(1, v1);
}

function accountData(entry: AccountEntry): xdr.LedgerEntryData {
  const { masterWeight, lowThreshold, mediumThreshold, highThreshold } = entry;
  return xdr.LedgerEntryData.account(
    new xdr.AccountEntry({
      accountId: accountXdr(entry.id),
      balance: int64(entry.balance),
      seqNum: int64(entry.sequence),
      numSubEntries: entry.subEntries,
      inflationDest: entry.inflationDestination ? accountXdr(entry.inflationDestination) : null,
      flags: entry.flags,
      homeDomain: entry.homeDomain,
      thresholds: Buffer.from([masterWeight, lowThreshold, mediumThreshold, highThreshold]),
      signers: entry.signers.map(({ key, weight }) => new xdr.Signer({ key: signerKeyXdr(key), weight })),
      ext: accountExt(entry),
    }),
  );
}

function trustlineData(entry: TrustLineEntry): xdr.LedgerEntryData {
  const { buying, selling } = entry.liabilities;
  const v1 = new xdr.TrustLineEntryV1({
    liabilities: liabilitiesXdr(entry.liabilities),
    ext: new xdr.TrustLineEntryV1Ext(0),
  });
  const bound = buying !== 0n || selling !== 0n;
  return xdr.LedgerEntryData.trustline(
    new xdr.TrustLineEntry({
      accountId: accountXdr(entry.account),
      asset: trustLineAssetXdr(entry.asset),
      balance: int64(entry.balance),
      limit: int64(entry.limit),
      flags: entry.flags,
      ext: bound ? new xdr.TrustLineEntryExt(1, v1) : new xdr.TrustLineEntryExt(0),
    }),
  );
}

function offerData(entry: OfferEntry): xdr.LedgerEntryData {
  return xdr.LedgerEntryData.offer(
    new xdr.OfferEntry({
      sellerId: accountXdr(entry.seller),
      offerId: int64(entry.id),
      selling: assetXdr(entry.selling),
      buying: assetXdr(entry.buying),
      amount: int64(entry.amount),
      price: new xdr.Price({ n: entry.priceN, d: entry.priceD }),
      flags: entry.flags,
      ext: new xdr.OfferEntryExt(0),
    }),
  );
}

function dataData(entry: DataEntry): xdr.LedgerEntryData {
  return xdr.LedgerEntryData.data(
    new xdr.DataEntry({
      accountId: accountXdr(entry.account),
      dataName: entry.name,
      dataValue: Buffer.from(entry.value),
      ext: new xdr.DataEntryExt(0),
    }),
  );
}

function predicateXdr(predicate: Predicate): xdr.ClaimPredicate {
  switch (predicate.type) {
    case 'unconditional':
      return xdr.ClaimPredicate.claimPredicateUnconditional();
    case 'and':
      return xdr.ClaimPredicate.claimPredicateAnd(predicate.predicates.map(predicateXdr));
    case 'or':
      return xdr.ClaimPredicate.claimPredicateOr(predicate.predicates.map(predicateXdr));
    case 'not':
      return xdr.ClaimPredicate.claimPredicateNot(predicate.predicate && predicateXdr(predicate.predicate));
    case 'before_absolute':
      return xdr.ClaimPredicate.claimPredicateBeforeAbsoluteTime(int64(predicate.time));
    case 'before_relative':
      return xdr.ClaimPredicate.claimPredicateBeforeRelativeTime(int64(predicate.seconds));
  }
}

export function claimableBalanceIdXdr(id: string): xdr.ClaimableBalanceId {
  return xdr.ClaimableBalanceId.claimableBalanceIdTypeV0(Buffer.from(id.slice(8), 'hex'));
}

function claimableBalanceData(entry: ClaimableBalanceEntry): xdr.LedgerEntryData {
  const claimants = entry.claimants.map(({ destination, predicate }) =>
    xdr.Claimant.claimantTypeV0(
      new xdr.ClaimantV0({ destination: accountXdr(destination), predicate: predicateXdr(predicate) }),
    ),
  );
  const { flags } = entry;
  const v1 = new xdr.ClaimableBalanceEntryExtensionV1({
    ext: new xdr.ClaimableBalanceEntryExtensionV1Ext(0),
    flags,
  });
  return xdr.LedgerEntryData.claimableBalance(
    new xdr.ClaimableBalanceEntry({
      balanceId: claimableBalanceIdXdr(entry.id),
      claimants,
      asset: assetXdr(entry.asset),
      amount: int64(entry.amount),
      ext: flags === 0 ? new xdr.ClaimableBalanceEntryExt(0) : new xdr.ClaimableBalanceEntryExt(1, v1),
    }),
  );
}

function entryData(entry: LedgerEntry): xdr.LedgerEntryData {
  switch (entry.kind) {
    case 'account':
      return accountData(entry);
    case 'trustline':
      return trustlineData(entry);
    case 'offer':
      return offerData(entry);
    case 'data':
      return dataData(entry);
    case 'claimable_balance':
      return claimableBalanceData(entry);
  }
}

export function entryXdr(entry: LedgerEntry): xdr.LedgerEntry {
  const v1 = (sponsor: string) =>
    new xdr.LedgerEntryExtensionV1({
      sponsoringId: accountXdr(sponsor),
      ext: new xdr.LedgerEntryExtensionV1Ext(0),
    });
  return new xdr.LedgerEntry({
    lastModifiedLedgerSeq: entry.lastModified,
    data: entryData(entry),
    ext: entry.sponsor ? new xdr.LedgerEntryExt(1, v1(entry.sponsor)) : new xdr.LedgerEntryExt(0),
  });
}

function entryKeyXdr(entry: LedgerEntry): xdr.LedgerKey {
  switch (entry.kind) {
    case 'account':
      return xdr.LedgerKey.account(new xdr.LedgerKeyAccount({ accountId: accountXdr(entry.id) }));
    case 'trustline': {
      const asset = trustLineAssetXdr(entry.asset);
      return xdr.LedgerKey.trustline(
        new xdr.LedgerKeyTrustLine({ accountId: accountXdr(entry.account), asset }),
      );
    }
    case 'offer':
      return xdr.LedgerKey.offer(
        new xdr.LedgerKeyOffer({ sellerId: accountXdr(entry.seller), offerId: int64(entry.id) }),
      );
    case 'data':
      return xdr.LedgerKey.data(
        new xdr.LedgerKeyData({ accountId: accountXdr(entry.account), dataName: entry.name }),
      );
    case 'claimable_balance': {
      const balanceId = claimableBalanceIdXdr(entry.id);
      return xdr.LedgerKey.claimableBalance(new xdr.LedgerKeyClaimableBalance({ balanceId }));
    }
  }
}

function changeXdr({ before, after }: EntryChange): xdr.LedgerEntryChange[] {
  if (before === null) {
    return after === null ? [] : [xdr.LedgerEntryChange.ledgerEntryCreated(entryXdr(after))];
  }
  const state = xdr.LedgerEntryChange.ledgerEntryState(entryXdr(before));
  if (after === null) return [state, xdr.LedgerEntryChange.ledgerEntryRemoved(entryKeyXdr(before))];
  return [state, xdr.LedgerEntryChange.ledgerEntryUpdated(entryXdr(after))];
}

export const changesXdr = (changes: readonly EntryChange[]): xdr.LedgerEntryChange[] =>
  changes.flatMap(changeXdr);

/** The fee's changes, as Horizon shows them. */
export function feeMetaXdr(changes: readonly EntryChange[]): string {
  const list = changesXdr(changes);
  const count = Buffer.alloc(4);
  count.writeUInt32BE(list.length);
  return Buffer.concat([count, ...list.map((change) => change.toXDR())]).toString('base64');
}

/** TransactionMeta version 2: the order of changes is our own, as it is the core's own there. */
export function transactionMetaXdr(
  transactionChanges: readonly EntryChange[],
  operationChanges: readonly (readonly EntryChange[])[],
): string {
  const v2 = new xdr.TransactionMetaV2({
    txChangesBefore: changesXdr(transactionChanges),
    operations: operationChanges.map((changes) => new xdr.OperationMeta({ changes: changesXdr(changes) })),
    txChangesAfter: [],
  });
  return new xdr.TransactionMeta(2, v2).toXDR('base64');
}
