import type { AccountEntry, EntryChange, LedgerEntry } from '../../ledger/types.ts';

type KindOf<K extends LedgerEntry['kind']> = Extract<LedgerEntry, { kind: K }>;
export interface ChangeOf<T> {
  before: T | null;
  after: T | null;
}

/** Changes to entries of one kind, in the order they were made. */
export function changesOf<K extends LedgerEntry['kind']>(
  changes: readonly EntryChange[],
  kind: K,
): ChangeOf<KindOf<K>>[] {
  return changes.filter((change) => (change.after ?? change.before)?.kind === kind) as ChangeOf<KindOf<K>>[];
}

/** Signers and their weights, the master key among them while it weighs something. */
export function weightsOf(account: AccountEntry): Map<string, number> {
  const weights = new Map<string, number>();
  if (account.masterWeight > 0) weights.set(account.id, account.masterWeight);
  for (const signer of account.signers) weights.set(signer.key, signer.weight);
  return weights;
}

export function signerSponsors(account: AccountEntry | null): Map<string, string> {
  const sponsors = new Map<string, string>();
  for (const signer of account?.signers ?? []) {
    if (signer.sponsor !== undefined) sponsors.set(signer.key, signer.sponsor);
  }
  return sponsors;
}

/** Who sponsors what an operation made: a new signer first, else the first new entry that is sponsored. */
export function sponsorOf(
  changes: readonly EntryChange[],
  signerKey: string | undefined,
): string | undefined {
  for (const { before, after } of changes) {
    if (signerKey !== undefined && after?.kind === 'account') {
      const now = signerSponsors(after).get(signerKey);
      const earlier = signerSponsors(before?.kind === 'account' ? before : null).get(signerKey);
      if (now !== undefined && now !== earlier) return now;
    }
    if (before === null && after?.sponsor !== undefined) return after.sponsor;
  }
  return undefined;
}

const KIND_ORDER: Record<LedgerEntry['kind'], number> = {
  account: 0,
  trustline: 1,
  offer: 2,
  data: 3,
  claimable_balance: 4,
};

/** Horizon reads the changes of an operation by kind of entry, not in the order of the core. */
export function byKind(changes: readonly EntryChange[]): EntryChange[] {
  const rank = (change: EntryChange) => KIND_ORDER[(change.after ?? change.before)?.kind ?? 'account'];
  return [...changes].sort((a, b) => rank(a) - rank(b));
}
