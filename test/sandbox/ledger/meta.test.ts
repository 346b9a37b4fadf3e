import { xdr } from '@stellar/stellar-sdk';
import { describe, expect, it } from 'vitest';
import { readScenario, type Step, scenarioNames } from '../replay/fixtures.ts';
import { ledgerBefore } from '../replay/ledger-replay.ts';
import { leftOutScenarios } from '../replay/left-out.ts';

/** What a change does to which entry, without the contents: those are compared by the replay. */
function outline(changes: xdr.LedgerEntryChange[]): string[] {
  const lines = changes.map((change) => {
    const name = change.switch().name;
    const value = change.value();
    if (!(value instanceof xdr.LedgerEntry)) return `${name} ${value.toXDR('hex')}`;
    const data = value.data();
    const kind = data.switch().name;
    // The seller, account or id, and for a trustline its asset, lead the bytes of an entry; the balance comes after.
    const length = kind === 'trustline' ? 76 : 36;
    return `${name} ${kind} ${data
      .toXDR()
      .subarray(4, 4 + length)
      .toString('hex')}`;
  });
  return lines.toSorted();
}

function outlines(metaXdr: string): string[][] {
  const meta = xdr.TransactionMeta.fromXDR(metaXdr, 'base64').v2();
  return [meta.txChangesBefore(), ...meta.operations().map((operation) => operation.changes())].map(
    (changes) => outline(changes),
  );
}

/** Which entries an operation counts as changed decides `last_modified_ledger` and the effects. */
describe('metas name the entries that the recorded ones name', () => {
  for (const name of scenarioNames()) {
    if (leftOutScenarios[name]) continue;
    it(name, () => {
      const scenario = readScenario(name);
      const ledger = ledgerBefore(scenario);
      const alone = scenario.steps.filter((step) => step.applied && step.group === undefined);
      for (const step of alone) {
        if (ledger.header.sequence >= step.ledger) continue;
        const closed = ledger.close({
          sequence: step.ledger,
          closeTime: step.close_time,
          transactions: [step.envelope_xdr],
        });
        const recorded = (step as Step & { result_meta_xdr?: string }).result_meta_xdr;
        const [applied] = closed.transactions;
        if (!recorded || !applied?.successful) continue;
        expect([step.name, outlines(applied.resultMetaXdr)]).toEqual([step.name, outlines(recorded)]);
      }
    });
  }
});
