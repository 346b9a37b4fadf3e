import type { xdr } from '@stellar/stellar-sdk';
import type { AccountEntry, AssetString, LedgerEntry, OfferEntry, TrustLineEntry } from '../types.ts';

/**
 * Why an entry could not be created (core: `SponsorshipResult`). `low_reserve`: owner or sponsor would fall below its
 * minimum balance. `too_many_subentries`: over 1,000 of the owner. `too_many_sponsoring`: 2^32 - 1 reached.
 */
export type CreateEntryFailure = 'low_reserve' | 'too_many_subentries' | 'too_many_sponsoring';

/**
 * The part of the ledger's state that the exchange sees: a view that is thrown away when the operation fails, so
 * the exchange writes before it knows whether the operation succeeds.
 *
 * Entries are immutable values: the exchange never changes one that it was given, it puts a changed copy.
 * The view sets `lastModified` itself.
 */
export interface ExchangeState {
  /** stroops */
  readonly baseReserve: bigint;
  account(id: string): AccountEntry | undefined;
  trustline(account: string, asset: AssetString): TrustLineEntry | undefined;
  /** The offer `id` of `seller`; undefined if it is another's. */
  offer(seller: string, id: bigint): OfferEntry | undefined;
  /**
   * The best offer that sells `selling` for `buying`: the first in the order of `compareOffers`.
   * Sees what this view has put and removed.
   */
  bestOffer(selling: AssetString, buying: AssetString): OfferEntry | undefined;
  /** All offers of an account, in the order of their ids. */
  offersOf(account: string): OfferEntry[];
  /** Replaces an existing entry (or writes a new one whose reserve is settled already). */
  put(entry: LedgerEntry): void;
  /**
   * Settles the reserve for a new sub entry of `owner`: sub entry count, minimum balance, a running sponsorship
   * (`numSponsored`, `numSponsoring`). Answers the sponsor to write on the entry, or why not. Does not put the entry.
   */
  reserveEntry(owner: string): { sponsor: string | undefined } | CreateEntryFailure;
  /** Undoes `reserveEntry` for an entry that goes: sub entry count and sponsorship counts. Does not remove the entry. */
  releaseEntry(entry: OfferEntry): void;
  /** Erases the entry itself. */
  remove(entry: OfferEntry): void;
  /** Takes the next id of the header's `idPool`. */
  nextOfferId(): bigint;
}

/**
 * What an operation did: the bytes of its result, and whether it succeeded. On failure the caller throws away what the
 * view holds.
 *
 * What the exchange offers to the operations framework (all in `exchange/index.ts`):
 *
 * - `checkManageSellOffer(op)`, `checkManageBuyOffer(op)`, `checkCreatePassiveSellOffer(op)`,
 *   `checkPathPaymentStrictSend(op)`, `checkPathPaymentStrictReceive(op)`: the checks that need no ledger
 *   (core: doCheckValid); answer the failure, or undefined.
 * - `manageSellOffer(state, source, op)`, `manageBuyOffer(...)`, `createPassiveSellOffer(...)`,
 *   `pathPaymentStrictSend(...)`, `pathPaymentStrictReceive(...)`: whole operations. `source` is a `G…` address,
 *   `op` the XDR operation body.
 * - `removeOffersOf(state, account, asset)`: pulls every offer of an account that buys or sells an asset, for a revoked
 *   authorization. Call it while the trustline still has its old flags.
 * - `holdings.ts`: what an account can send and receive, native or not, issuer or not.
 */
export interface OperationOutcome {
  ok: boolean;
  result: xdr.OperationResult;
}
