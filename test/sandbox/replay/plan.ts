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

/** Whether a step came in before the first of the ledgers of its group closed. */
export function cameBefore(step: Step, ledgers: number[]): boolean {
  const [first] = ledgers;
  if (first === undefined) return false;
  return step.applied ? step.ledger >= first : step.last_closed_ledger.ledger < first;
}
