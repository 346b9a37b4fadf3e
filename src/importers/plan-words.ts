import type { AssetPlan } from './assets.ts';

/** What to say about an asset. */
export function whyOf(plan: AssetPlan, hints: readonly string[]): string | null {
  const all = plan.action === 'none' ? ['it is left as it is'] : [...hints];
  if (plan.distribution !== plan.found.distribution) {
    all.push(`its distribution account here is ${plan.distribution}, there ${plan.found.distribution}`);
  } else if (plan.action === 'complete') return 'its key was added';
  return all.length === 0 ? null : all.join('; ');
}
