import { afterAll, describe, expect, it } from 'vitest';
import { report } from './differences.ts';
import { directory, httpNames, reportMissingFixtures } from './fixtures.ts';
import {
  HTTP_SCENARIO,
  type HttpRecording,
  isRaw,
  type RawRecording,
  readRecording,
  readWholeScenario,
} from './http-fixtures.ts';
import { compareRecording, compareStream, ledgerOf } from './http-recordings.ts';
import { closeLedger, HttpReplay } from './http-replay.ts';
import { leftOutRecordings } from './left-out.ts';
import { type HttpSandbox, openSandbox } from './open-sandbox.ts';

/** Level B: single requests to Horizon and friendbot, headers and streams included. */
describe('recorded requests', () => {
  if (!directory) return reportMissingFixtures();
  const open: HttpSandbox[] = [];
  afterAll(async () => {
    for (const sandbox of open) await sandbox.close();
  });
  const scenario = readWholeScenario(HTTP_SCENARIO);

  /** A network just after the ledger that was the last when a request was recorded. */
  async function sandboxFor(recording: HttpRecording | RawRecording): Promise<HttpSandbox> {
    const sandbox = openSandbox();
    open.push(sandbox);
    const ledger = ledgerOf(recording);
    const last = scenario.steps.at(-1)?.ledger ?? 0;
    expect(report(await new HttpReplay(sandbox, scenario).run(ledger === 'last' ? last : ledger))).toBe('');
    return sandbox;
  }

  /** What happened on the recorded network while a stream was open: a payment, or just ledgers. */
  async function goOn(sandbox: HttpSandbox, from: number | 'last'): Promise<void> {
    const next = scenario.steps.at(-1);
    if (from === 'last' || !next) return;
    await closeLedger(sandbox, next.ledger, next.close_time, [next.envelope_xdr]);
  }

  for (const name of httpNames()) {
    const reason = leftOutRecordings[name];
    if (reason) {
      it.skip(`${name} (left out: ${reason})`, () => {});
      continue;
    }
    it(name, async () => {
      const recording = readRecording(name);
      const sandbox = await sandboxFor(recording);
      const differences = isRaw(recording)
        ? await compareStream(sandbox, recording, () => void goOn(sandbox, ledgerOf(recording)))
        : await compareRecording(sandbox, recording);
      expect(report(differences)).toBe('');
    });
  }
});
