import { describe, expect, it } from 'vitest';
import { checkAssets } from '../../src/cli/doctor/network.ts';
import type { NetworkAccount } from '../../src/stellar/port.ts';
import { DISTRIBUTION, ISSUER, useTestAnchor } from '../support/anchor.ts';

const account = (id: string, data: Record<string, string> = {}): NetworkAccount => ({
  id,
  sequence: 1n,
  balances: [],
  signers: [{ key: id, weight: 1 }] as NetworkAccount['signers'],
  thresholds: { low: 0, medium: 0, high: 0 },
  flags: { authRequired: false, authRevocable: false, authImmutable: false, clawbackEnabled: false },
  subEntryCount: 0,
  sponsoring: 0,
  sponsored: 0,
  homeDomain: null,
  data,
  ledger: 1,
});

describe('doctor on the memo that receiving accounts ask for', () => {
  let data: Record<string, string> = {};
  const anchor = useTestAnchor({
    network: {
      account: async (id) => account(id, id === DISTRIBUTION ? data : {}),
      latestLedger: async () => ({
        sequence: 1,
        closeTime: 0,
        protocolVersion: 23,
        baseFee: 100n,
        baseReserve: 5_000_000n,
        operationsPerLedger: 100,
      }),
    },
  });
  const found = async () => (await checkAssets(anchor.ctx)).filter(({ id }) => id.endsWith('_memo_required'));

  it('says the line to run where the key is elsewhere, and set-up where it is here (SO-08)', async () => {
    const [elsewhere, ...more] = await found();
    expect([elsewhere?.status, more]).toEqual(['warn', []]);
    expect(elsewhere?.hint).toContain('manage-data');
    expect(elsewhere?.hint).toContain('--data-name config.memo_required --data-value 31');
    expect(elsewhere?.hint).not.toContain(ISSUER);
    await anchor.ctx.db.read.updateTable('assets').set({ distribution_seed: 'sealed' }).execute();
    expect(await found()).toMatchObject([{ status: 'warn', hint: expect.stringContaining('anchor setup') }]);
  });

  it('is content where the entry is 1, and only then (SO-08)', async () => {
    data = { 'config.memo_required': 'MA==' };
    expect(await found()).toMatchObject([{ status: 'warn' }]);
    data = { 'config.memo_required': 'MQ==' };
    expect(await found()).toMatchObject([{ status: 'ok' }]);
  });
});
