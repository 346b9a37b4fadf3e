import { assert } from '../../kernel/errors.ts';
import { availableBalance } from './exchange/holdings.ts';
import type { CreateEntryFailure, ExchangeState } from './exchange/ports.ts';
import type { LedgerState } from './state.ts';
import type { AccountEntry, ClaimableBalanceEntry, LedgerEntry, SignerEntry } from './types.ts';

const SUB_ENTRY_LIMIT = 1000;
const UINT32_MAX = 2 ** 32 - 1;

/** How many base reserves an entry costs (CAP-33). */
export function reservesOf(entry: LedgerEntry): number {
  if (entry.kind === 'account') return 2;
  return entry.kind === 'claimable_balance' ? entry.claimants.length : 1;
}

/** Lumens that can still be spent or bound, stroops. */
export function availableLumens(state: LedgerState, account: AccountEntry): bigint {
  return availableBalance({ kind: 'native', entry: account }, state.baseReserve);
}

export function existingAccount(state: LedgerState, id: string): AccountEntry {
  const account = state.account(id);
  assert(account, 'a sponsor or owner has no account');
  return account;
}

function sumTooLarge(account: AccountEntry, reserves: number): boolean {
  return account.sponsoring + account.subEntries + reserves > UINT32_MAX;
}

function tooManySubEntries(account: AccountEntry, reserves: number): boolean {
  return account.subEntries > SUB_ENTRY_LIMIT - reserves || sumTooLarge(account, reserves);
}

/** Whether `sponsor` can take over `reserves` base reserves. */
export function canSponsor(
  state: LedgerState,
  sponsor: AccountEntry,
  reserves: number,
): CreateEntryFailure | undefined {
  if (availableLumens(state, sponsor) < BigInt(reserves) * state.baseReserve) return 'low_reserve';
  return sumTooLarge(sponsor, reserves) ? 'too_many_sponsoring' : undefined;
}

/** Adds to the counts of an account; `by` may be negative. */
export function count(
  state: LedgerState,
  id: string,
  by: { subEntries?: number; sponsored?: number; sponsoring?: number },
): void {
  const account = existingAccount(state, id);
  const subEntries = account.subEntries + (by.subEntries ?? 0);
  const sponsored = account.sponsored + (by.sponsored ?? 0);
  const sponsoring = account.sponsoring + (by.sponsoring ?? 0);
  assert(subEntries >= 0 && sponsored >= 0 && sponsoring >= 0, 'a reserve count falls below zero');
  state.put({ ...account, subEntries, sponsored, sponsoring });
}

export type Reserved = { sponsor: string | undefined } | CreateEntryFailure;

/** Settles the reserve of a new sub entry or signer of `owner`. */
export function reserveSubEntry(state: LedgerState, owner: string): Reserved {
  const account = existingAccount(state, owner);
  if (tooManySubEntries(account, 1)) return 'too_many_subentries';
  const sponsor = state.sponsorOf(owner);
  if (sponsor === undefined) {
    if (availableLumens(state, account) < state.baseReserve) return 'low_reserve';
    count(state, owner, { subEntries: 1 });
    return { sponsor };
  }
  const failure = canSponsor(state, existingAccount(state, sponsor), 1);
  if (failure) return failure;
  count(state, sponsor, { sponsoring: 1 });
  count(state, owner, { subEntries: 1, sponsored: 1 });
  return { sponsor };
}

/** Undoes `reserveSubEntry` for an entry or signer that goes. */
export function releaseSubEntry(state: LedgerState, owner: string, sponsor: string | undefined): void {
  if (sponsor !== undefined) count(state, sponsor, { sponsoring: -1 });
  count(state, owner, { subEntries: -1, sponsored: sponsor === undefined ? 0 : -1 });
}

/** A claimable balance is always sponsored: by who sponsors its creator, else by the creator. */
export function reserveClaimableBalance(state: LedgerState, creator: string, reserves: number): Reserved {
  const sponsor = state.sponsorOf(creator) ?? creator;
  const failure = canSponsor(state, existingAccount(state, sponsor), reserves);
  if (failure) return failure;
  count(state, sponsor, { sponsoring: reserves });
  return { sponsor };
}

export function releaseClaimableBalance(state: LedgerState, entry: ClaimableBalanceEntry): void {
  assert(entry.sponsor !== undefined, 'a claimable balance has no sponsor');
  count(state, entry.sponsor, { sponsoring: -reservesOf(entry) });
}

/** The account loses a signer, whoever pays its reserve. */
export function removeSigner(state: LedgerState, id: string, signer: SignerEntry): void {
  releaseSubEntry(state, id, signer.sponsor);
  const account = existingAccount(state, id);
  state.put({ ...account, signers: account.signers.filter((other) => other.key !== signer.key) });
}

/** The state as the exchange sees it. */
export function exchangeState(state: LedgerState): ExchangeState {
  return {
    baseReserve: state.baseReserve,
    account: (id) => state.account(id),
    trustline: (account, asset) => state.trustline(account, asset),
    offer: (seller, id) => {
      const offer = state.offer(id);
      return offer?.seller === seller ? offer : undefined;
    },
    bestOffer: (selling, buying) => state.book(selling, buying)[0],
    offersOf: (account) => state.offersOf(account),
    put: (entry) => {
      state.put(entry);
    },
    reserveEntry: (owner) => reserveSubEntry(state, owner),
    releaseEntry: (entry) => releaseSubEntry(state, entry.seller, entry.sponsor),
    remove: (entry) => state.remove(entry),
    nextOfferId: () => state.nextId(),
  };
}
