import { afterEach, describe, expect, it } from 'vitest';
import { report } from './differences.ts';
import { directory, httpNames, reportMissingFixtures } from './fixtures.ts';
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
  let sandbox: HttpSandbox;
  afterEach(() => sandbox.close());
  const scenario = readWholeScenario(HTTP_SCENARIO);

  /** A network just after the ledger that was the last when a request was recorded. */
  async function networkAt(last: LastLedger): Promise<void> {
    sandbox = openSandbox();
    const until = last === 'end' ? scenario.steps.at(-1)?.ledger : last;
    expect(report(await new HttpReplay(sandbox, scenario).run(until))).toBe('');
  }

  /** What happened on the recorded network while a stream was open: ledgers that it shows, or a payment. */
  async function during(recording: RawRecording): Promise<void> {
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
      await networkAt(lastLedgerOf(recording));
      if (!isRaw(recording)) {
        expect(report(await compareRecording(sandbox, recording))).toBe('');
        return;
      }
      expect(report(await compareStream(sandbox, recording, () => during(recording)))).toBe('');
    });
  }
});
