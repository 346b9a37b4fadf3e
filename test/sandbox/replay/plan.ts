import type { Scenario, Step } from './fixtures.ts';

/** Steps that came at the same moment, in their order; most stand alone. */
export function groupsOf(scenario: Scenario): Step[][] {
  const groups: Step[][] = [];
  for (const step of scenario.steps) {
    const last = groups.at(-1);
    if (last && step.group !== undefined && last[0]?.group === step.group) last.push(step);
    else groups.push([step]);
  }
  return groups;
}

/** The ledgers in which a group applied, after `closed`. */
export function ledgersOf(group: Step[], closed: number): number[] {
  const all = group.filter((step) => step.applied && step.ledger > closed).map((step) => step.ledger);
  return [...new Set(all)].sort((a, b) => a - b);
}

/** What one ledger holds, in the order of application: each envelope once, a fee bump without its inner one. */
export function contentOf(group: Step[], ledger: number): { closeTime: number; envelopes: string[] } {
  const steps = group.filter((step) => step.applied && step.ledger === ledger);
  const inner = new Set(steps.map((step) => step.inner_hash).filter((hash) => hash !== undefined));
  const once = new Map(steps.filter((step) => !inner.has(step.hash)).map((step) => [step.hash, step]));
  const ordered = [...once.values()].sort((a, b) => (a.application_order ?? 0) - (b.application_order ?? 0));
  return { closeTime: steps[0]?.close_time ?? 0, envelopes: ordered.map((step) => step.envelope_xdr) };
}

/**
 * A step that the queue cannot take while an earlier one of its group waits: the queue of today holds one transaction
 * per source, that of the recordings held several. A fee bump of a waiting transaction has another source and may come.
 */
function waitsForAnother(group: Step[], step: Step): boolean {
  const earlier = group.slice(0, group.indexOf(step));
  return earlier.some(
    (other) =>
      other.source === step.source &&
      other.hash !== step.hash &&
      (!step.applied || other.ledger === step.ledger),
  );
}

/** Whether a step comes in before `ledger` closes and applies in it. */
export function comesFor(group: Step[], step: Step, ledger: number | undefined): boolean {
  return step.applied && step.ledger === ledger && !waitsForAnother(group, step);
}

/** Refused while the others of its group were pending, not after their ledger. */
export function refusedAtOnce(group: Step[], step: Step): boolean {
  const ledgers = ledgersOf(group, 0);
  return (
    !step.applied && !waitsForAnother(group, step) && step.ledger < (ledgers[0] ?? Number.POSITIVE_INFINITY)
  );
}
