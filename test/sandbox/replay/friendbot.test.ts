import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { report } from './differences.ts';
import { directory, reportMissingFixtures, scenarioNames } from './fixtures.ts';
import { HTTP_SCENARIO, type HttpRecording, readRecording, readWholeScenario } from './http-fixtures.ts';
import { ask, compareRecording } from './http-recordings.ts';
import { closeLedger, HttpReplay } from './http-replay.ts';
import { type HttpSandbox, openSandbox } from './open-sandbox.ts';

interface Funded {
  ledger: number;
  created_at: string;
}

/** Friendbot as recorded; its own account is another, so of a gift only the ledger and the shape are compared. */
describe('recorded friendbot', () => {
  if (!directory) return reportMissingFixtures();
  if (!scenarioNames().includes(HTTP_SCENARIO)) return it.skip(`no recordings of requests in ${directory}`);
  let sandbox: HttpSandbox;
  beforeAll(async () => {
    sandbox = openSandbox();
    const scenario = readWholeScenario(HTTP_SCENARIO);
    await new HttpReplay(sandbox, scenario).run(scenario.steps.at(-1)?.ledger);
  });
  afterAll(() => sandbox.close());

  const read = (name: string): HttpRecording => readRecording(name) as HttpRecording;

  async function expectGift(name: string): Promise<void> {
    const recorded = read(name).response.body as Funded;
    const answer = ask(sandbox, read(name));
    while (sandbox.pending().length === 0) await new Promise((resolve) => setImmediate(resolve));
    await closeLedger(sandbox, recorded.ledger, Date.parse(recorded.created_at) / 1000);
    const response = await answer;
    expect(response.status).toBe(200);
    const body = (await response.json()) as Funded;
    expect(Object.keys(body).sort()).toEqual(Object.keys(recorded).sort());
    expect(body).toMatchObject({
      ledger: recorded.ledger,
      created_at: recorded.created_at,
      successful: true,
    });
  }

  async function expectRecorded(name: string): Promise<void> {
    expect(report(await compareRecording(sandbox, read(name)))).toBe('');
  }

  it('gives to a new account', () => expectGift('friendbot-ok'));
  it('tells an account that is there', () => expectRecorded('friendbot-already-funded'));
  it('refuses what is no address', () => expectRecorded('friendbot-bad-address'));
  it('refuses a missing address', () => expectRecorded('friendbot-no-address'));
  it('takes a form too', () => expectGift('friendbot-post'));
  it('made an account as recorded', () => expectRecorded('account-after-friendbot'));
});
