import { describe, expect, it } from 'vitest';
import { deliveriesTo } from '../../src/stellar/incoming.ts';
import { isObject, type Json } from '../../src/stellar/json.ts';
import type { NetworkOperation } from '../../src/stellar/port.ts';
import { readOperation } from '../../src/stellar/resources.ts';
import { recordedScenario, recordingsThere } from './recordings.ts';

const records = (page: unknown): Json[] =>
  (page as { body: { _embedded: { records: Json[] } } }).body._embedded.records;

interface Role {
  id: string;
  operations: NetworkOperation[];
  effects: Json[];
}

/** The recorded history of a role: operations joined with their transactions, as Horizon gives them. */
function history(scenario: string, role: string): Role {
  const whole = recordedScenario(scenario);
  const roles = whole['roles'] as Record<string, { public_key: string }>;
  const pages = (whole['final'] as Record<string, Record<string, unknown>>)[role]!;
  const transactions = new Map(records(pages['transactions']).map((t) => [t['hash'], t]));
  const operations = records(pages['operations'])
    .filter((o) => isObject(transactions.get(o['transaction_hash'])))
    .map((o) => readOperation({ ...o, transaction: transactions.get(o['transaction_hash']) }));
  return { id: roles[role]!.public_key, operations, effects: records(pages['effects']) };
}

/** What the ledger itself says was credited, from the effects. */
function creditsOf(role: Role, type: string): string[] {
  const ids = new Set(role.operations.filter((o) => o.type === type).map((o) => o.id));
  const idOf = (effect: Json) => String(effect['paging_token']).split('-')[0]!;
  return role.effects
    .filter((e) => (e['type'] === 'account_credited' || e['type'] === 'account_created') && ids.has(idOf(e)))
    .map((e) => `${idOf(e)} ${e['amount'] ?? e['starting_balance']}`);
}

async function delivered(role: Role, type: string) {
  const effects = async (id: string) =>
    role.effects.filter((effect) => String(effect['paging_token']).startsWith(`${id}-`));
  const all = await Promise.all(
    role.operations.filter((o) => o.type === type).map((o) => deliveriesTo({ effects }, role.id, o)),
  );
  return all.flat();
}

const printed = (units: bigint): string => {
  const digits = units.toString().padStart(8, '0');
  return `${digits.slice(0, -7)}.${digits.slice(-7)}`;
};

describe.runIf(recordingsThere)('what operations delivered, as recorded from a real network (S24-68)', () => {
  const cases: [string, string, string][] = [
    ['payment-native', 'bob', 'payment'],
    ['payment-credit4', 'bob', 'payment'],
    ['payment-muxed', 'bob', 'payment'],
    ['path-payment-strict-send', 'bob', 'path_payment_strict_send'],
    ['path-payment-strict-receive', 'bob', 'path_payment_strict_receive'],
    ['account-merge', 'alice', 'account_merge'],
    ['anchor-flow', 'wallet', 'claim_claimable_balance'],
    ['payment-native', 'bob', 'create_account'],
  ];
  it.each(cases)('agrees with the effects: %s %s %s', async (scenario, name, type) => {
    const role = history(scenario, name);
    const ours = (await delivered(role, type)).map((d) => `${d.operationId} ${printed(d.amount)}`);
    expect(ours.length).toBeGreaterThan(0);
    expect(ours).toEqual(creditsOf(role, type));
  });

  it('tells the muxed id that was paid', async () => {
    const role = history('payment-muxed', 'bob');
    const ids = (await delivered(role, 'payment')).map((d) => d.muxedId);
    expect(ids.some((id) => id !== null)).toBe(true);
  });

  it('brings nothing to others than the one paid', async () => {
    const role = history('payment-native', 'alice');
    const outgoing = role.operations.filter((o) => o.type === 'payment' && o.raw['from'] === role.id);
    expect(outgoing.length).toBeGreaterThan(0);
    for (const operation of outgoing) {
      if (operation.raw['to'] === role.id) continue;
      expect(await deliveriesTo({ effects: () => expect.unreachable() }, role.id, operation)).toEqual([]);
    }
  });
});

describe('what an operation delivered', () => {
  const transaction = {
    hash: 'a'.repeat(64),
    innerHash: null,
    ledger: 7,
    createdAt: '2026-01-01T00:00:00.000Z',
    successful: true,
    sourceAccount: 'GA',
    sequence: 1n,
    feeCharged: 100n,
    memoType: 'hash',
    memo: Buffer.alloc(32, 255).toString('base64'),
    envelopeXdr: '',
    resultXdr: '',
    pagingToken: '1',
  };
  const operation = (raw: Json, successful = true): NetworkOperation => ({
    id: '5',
    pagingToken: '5',
    type: String(raw['type']),
    successful,
    createdAt: '2026-01-01T00:00:00.000Z',
    sourceAccount: 'GA',
    transaction: { ...transaction, successful },
    raw,
  });
  const none = { effects: () => expect.unreachable() };
  const payment = { type: 'payment', from: 'GA', to: 'GB', amount: '1.5000000', asset_type: 'native' };

  it('keeps the memo as our tables do, hashes in hex', async () => {
    const [delivery] = await deliveriesTo(none, 'GB', operation(payment));
    expect(delivery).toMatchObject({
      amount: 15_000_000n,
      memo: { type: 'hash', value: 'ff'.repeat(32) },
      self: false,
    });
  });

  it('is nothing where the transaction failed', async () => {
    expect(await deliveriesTo(none, 'GB', operation(payment, false))).toEqual([]);
  });

  it('says where an account paid itself', async () => {
    const [delivery] = await deliveriesTo(none, 'GA', operation({ ...payment, to: 'GA' }));
    expect(delivery!.self).toBe(true);
  });

  it('counts transfers through the asset contract, from contract accounts too (S24-68, SO-17)', async () => {
    const change = { type: 'transfer', from: 'CX', to: 'GB', amount: '2.0000000', asset_type: 'native' };
    const raw = {
      type: 'invoke_host_function',
      source_account: 'GA',
      asset_balance_changes: [
        { ...change, destination_muxed_id: '9' },
        { ...change, to: 'GC' },
      ],
    };
    const deliveries = await deliveriesTo(none, 'GB', operation(raw));
    expect(deliveries).toMatchObject([{ from: 'CX', amount: 20_000_000n, muxedId: '9' }]);
  });
});
