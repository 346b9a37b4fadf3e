import type { Fields } from '../json.ts';

export const ACCOUNT_FLAGS: [number, string][] = [
  [1, 'auth_required'],
  [2, 'auth_revocable'],
  [4, 'auth_immutable'],
  [8, 'auth_clawback_enabled'],
];

/** The second name is misspelled by Horizon, and clients know it so. */
export const TRUST_LINE_FLAGS: [number, string][] = [
  [1, 'authorized'],
  [2, 'authorized_to_maintain_liabilites'],
  [4, 'clawback_enabled'],
];

/** `set_flags` and `set_flags_s` (or `clear_…`) of an operation; nothing for 0. */
export function flagFields(prefix: string, flags: number, names: [number, string][]): Fields {
  const found = names.filter(([bit]) => (flags & bit) !== 0);
  if (found.length === 0) return {};
  return {
    [`${prefix}_flags`]: found.map(([bit]) => bit),
    [`${prefix}_flags_s`]: found.map(([, name]) => name),
  };
}
