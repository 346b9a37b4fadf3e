import { describe, expect, it } from 'vitest';
import { report } from './differences.ts';
import { directory, reportMissingFixtures, scenarioNames } from './fixtures.ts';
import { readWholeScenario } from './http-fixtures.ts';
import { LedgerReplay } from './ledger-replay.ts';
import { leftOutScenarios } from './left-out.ts';

/** Level A: every recorded scenario directly on the ledger. */
describe('replay of a real network on the ledger', () => {
  if (!directory) reportMissingFixtures();
  for (const name of scenarioNames()) {
    const reason = leftOutScenarios[name];
    if (reason) it.skip(`${name} (left out: ${reason})`, () => {});
    else it(name, () => expect(report(new LedgerReplay(readWholeScenario(name)).run())).toBe(''));
  }
});
