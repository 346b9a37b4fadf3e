import { afterAll, describe, expect, it } from 'vitest';
import { report } from './differences.ts';
import { directory, httpNames, reportMissingFixtures, scenarioNames } from './fixtures.ts';
import {
  friendbotRecordings,
  HTTP_SCENARIO,
  isRaw,
  type RawRecording,
  readRecording,
  readWholeScenario,
} from './http-fixtures.ts';
import {
  compareRecording,
  compareStream,
  type LastLedger,
  lastLedgerOf,
  ledgersIn,
} from './http-recordings.ts';
import { closeLedger, HttpReplay } from './http-replay.ts';
import { leftOutRecordings } from './left-out.ts';
import { type HttpSandbox, openSandbox } from './open-sandbox.ts';

/** Level B: single requests to Horizon, headers and streams included. */
describe('recorded requests', () => {
  if (!directory) return reportMissingFixtures();
  if (!scenarioNames().includes(HTTP_SCENARIO)) return it.skip(`no recordings of requests in ${directory}`);
  const open: HttpSandbox[] = [];
  const shared = new Map<LastLedger, Promise<HttpSandbox>>();
  afterAll(async () => {
    for (const sandbox of open) await sandbox.close();
  });
  const scenario = readWholeScenario(HTTP_SCENARIO);

  /** A network just after the ledger that was the last when a request was recorded. */
  async function networkAt(last: LastLedger): Promise<HttpSandbox> {
    const sandbox = openSandbox();
    open.push(sandbox);
    const until = last === 'end' ? scenario.steps.at(-1)?.ledger : last;
    expect(report(await new HttpReplay(sandbox, scenario).run(until))).toBe('');
    return sandbox;
  }

  /** The same, for requests that change nothing. */
  function sharedAt(last: LastLedger): Promise<HttpSandbox> {
    const known = shared.get(last) ?? networkAt(last);
    shared.set(last, known);
    return known;
  }

  /** What happened on the recorded network while a stream was open: ledgers that it shows, or a payment. */
  async function during(sandbox: HttpSandbox, recording: RawRecording): Promise<void> {
    for (const { sequence, closeTime } of ledgersIn(recording)) {
      await closeLedger(sandbox, sequence, closeTime, []);
    }
    const next = scenario.steps.at(-1);
    if (lastLedgerOf(recording) === 'end' || !next) return;
    await closeLedger(sandbox, next.ledger, next.close_time, [next.envelope_xdr]);
  }

  for (const name of httpNames().filter((other) => !friendbotRecordings.includes(other))) {
    const reason = leftOutRecordings[name];
    if (reason) {
      it.skip(`${name} (left out: ${reason})`, () => {});
      continue;
    }
    it(name, async () => {
      const recording = readRecording(name);
      const last = lastLedgerOf(recording);
      if (!isRaw(recording)) {
        expect(report(await compareRecording(await sharedAt(last), recording))).toBe('');
        return;
      }
      const sandbox = await networkAt(last);
      expect(report(await compareStream(sandbox, recording, () => during(sandbox, recording)))).toBe('');
    });
  }
});
