import type { EntryChange, LedgerEntry } from '../../ledger/types.ts';
import { assetType } from '../assets.ts';
import type { Fields } from '../json.ts';
import { signerSponsors } from './changes.ts';
import type { EffectList, EffectType } from './effect-list.ts';
import type { Address } from './envelope.ts';

type Step = { step: 'created' | 'updated' | 'removed'; details: Fields };

/** What became of a sponsorship; null when it did not change. */
function stepOf(before: string | undefined, after: string | undefined): Step | null {
  if (before === after) return null;
  if (before === undefined) return { step: 'created', details: { sponsor: after } };
  if (after === undefined) return { step: 'removed', details: { former_sponsor: before } };
  return { step: 'updated', details: { former_sponsor: before, new_sponsor: after } };
}

function addEntry(list: EffectList, source: Address, change: EntryChange, entry: LedgerEntry): void {
  const found = stepOf(change.before?.sponsor, change.after?.sponsor);
  if (found === null) return;
  const { step, details } = found;
  switch (entry.kind) {
    case 'account':
      list.add(entry.id, `account_sponsorship_${step}`, details);
      return;
    case 'trustline':
      list.add(entry.account, `trustline_sponsorship_${step}`, {
        asset_type: assetType(entry.asset),
        asset: entry.asset,
        ...details,
      });
      return;
    case 'data':
      list.add(source, `data_sponsorship_${step}`, { data_name: entry.name, ...details });
      return;
    case 'claimable_balance':
      list.add(source, `claimable_balance_sponsorship_${step}`, { balance_id: entry.id, ...details });
      return;
    case 'offer':
      return; // Horizon has no such effect
  }
}

function addSigners(list: EffectList, change: EntryChange, account: string): void {
  const before = signerSponsors(change.before?.kind === 'account' ? change.before : null);
  const after = signerSponsors(change.after?.kind === 'account' ? change.after : null);
  for (const signer of [...new Set([...before.keys(), ...after.keys()])].sort()) {
    const found = stepOf(before.get(signer), after.get(signer));
    if (found === null) continue;
    const type: EffectType = `signer_sponsorship_${found.step}`;
    list.add(account, type, { signer, ...found.details });
  }
}

/** Sponsorship effects come after all others of an operation, from its entry changes alone. */
export function addSponsorshipEffects(
  list: EffectList,
  source: Address,
  changes: readonly EntryChange[],
): void {
  for (const change of changes) {
    const entry = change.after ?? change.before;
    if (entry === null) continue;
    addEntry(list, source, change, entry);
    if (entry.kind === 'account') addSigners(list, change, entry.id);
  }
}
