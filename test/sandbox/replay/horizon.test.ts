import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { report } from './differences.ts';
import { directory, reportMissingFixtures, scenarioNames } from './fixtures.ts';
import { readWholeScenario } from './http-fixtures.ts';
import { HttpReplay } from './http-replay.ts';
import { leftOutScenarios } from './left-out.ts';
import { type HttpSandbox, openSandbox } from './open-sandbox.ts';

async function expectReplayed(sandbox: HttpSandbox, name: string): Promise<void> {
  expect(report(await new HttpReplay(sandbox, readWholeScenario(name)).run())).toBe('');
}

/** Level B: every recorded scenario over Horizon's HTTP surface and the sandbox's controls. */
describe('replay of a real network over HTTP', () => {
  if (!directory) return reportMissingFixtures();
  let sandbox: HttpSandbox;
  beforeAll(() => {
    sandbox = openSandbox();
  });
  afterAll(() => sandbox.close());
  for (const name of scenarioNames()) {
    const reason = leftOutScenarios[name];
    if (reason) it.skip(`${name} (left out: ${reason})`, () => {});
    else it(name, () => expectReplayed(sandbox, name));
  }
});

describe('replay with the queue of today, one transaction per source', () => {
  if (!directory) return;
  let sandbox: HttpSandbox;
  beforeAll(() => {
    sandbox = openSandbox({});
  });
  afterAll(() => sandbox.close());
  const together = scenarioNames().filter((name) => readWholeScenario(name).steps.some((step) => step.group));
  it.each(together)('%s', (name) => expectReplayed(sandbox, name));
});
