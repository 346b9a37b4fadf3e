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

  const pools = 'liquidity-pool-trust';
  it.runIf(scenarioNames().includes(pools))(
    'answers pool operations with op_not_supported, never silence',
    () => {
      const scenario = readWholeScenario(pools);
      const replay = new LedgerReplay({ ...scenario, final: {} });
      replay.run();
      const answers = scenario.steps
        .filter((step) => /^(pool share|deposit|withdraw)$/.test(step.name))
        .map(
          (step) =>
            replay.differences.find(({ where }) => where === `step "${step.name}" at the door`)?.sandbox,
        );
      expect(answers).toHaveLength(3);
      for (const answer of answers) expect(answer).toMatch(/^error txFailed \[opNotSupported\]/);
    },
  );
});
