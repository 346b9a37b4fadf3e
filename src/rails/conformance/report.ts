import { ADVICE, RULES, type RuleId } from './rules.ts';

export interface RailsFinding {
  rule: RuleId;
  /** `advice`: no money is at stake */
  severity: 'broken' | 'advice';
  title: string;
  expected: string;
  found: string;
  /** what to do about it */
  fix: string;
}

export interface RailsReport {
  /** nothing is broken */
  ok: boolean;
  findings: RailsFinding[];
  kept: RuleId[];
  /** rules that could not be checked, and what it would take */
  notChecked: { rule: RuleId; why: string }[];
  /** all of it, to be read */
  text: string;
}

/** Collects what the checks see. */
export interface Notes {
  kept(rule: RuleId): void;
  broken(rule: RuleId, expected: string, found: string): void;
  skipped(rule: RuleId, why: string): void;
  /** broken unless `good` */
  expect(rule: RuleId, good: boolean, expected: string, found: string): void;
}

export function newNotes(): Notes & { report(): RailsReport } {
  const kept = new Set<RuleId>();
  const findings = new Map<RuleId, RailsFinding>();
  const skipped = new Map<RuleId, string>();
  const notes: Notes = {
    kept: (rule) => void kept.add(rule),
    broken(rule, expected, found) {
      if (findings.has(rule)) return;
      const severity = ADVICE.has(rule) ? 'advice' : 'broken';
      findings.set(rule, { rule, severity, ...RULES[rule], expected, found });
    },
    skipped: (rule, why) => void skipped.set(rule, why),
    expect(rule, good, expected, found) {
      if (good) notes.kept(rule);
      else notes.broken(rule, expected, found);
    },
  };
  return { ...notes, report: () => reportOf(kept, findings, skipped) };
}

function reportOf(
  seen: ReadonlySet<RuleId>,
  found: ReadonlyMap<RuleId, RailsFinding>,
  skipped: ReadonlyMap<RuleId, string>,
): RailsReport {
  const rules = Object.keys(RULES) as RuleId[];
  const findings = [...found.values()].sort((a, b) => (a.rule < b.rule ? -1 : 1));
  const kept = rules.filter((rule) => seen.has(rule) && !found.has(rule));
  const notChecked = rules
    .filter((rule) => !seen.has(rule) && !found.has(rule))
    .map((rule) => ({ rule, why: skipped.get(rule) ?? 'the check did not come so far' }));
  const lines = [
    ...findings.flatMap(({ rule, severity, title, expected, found: what, fix }) => [
      `${rule} ${severity}: ${title}`,
      `  expected: ${expected}`,
      `  found:    ${what}`,
      `  do:       ${fix}`,
    ]),
    ...notChecked.map(({ rule, why }) => `${rule} not checked: ${RULES[rule].title} (${why})`),
    `${kept.length} rules kept, ${findings.length} findings, ${notChecked.length} not checked`,
  ];
  return {
    ok: findings.every(({ severity }) => severity === 'advice'),
    findings,
    kept,
    notChecked,
    text: lines.join('\n'),
  };
}
