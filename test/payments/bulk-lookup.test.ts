import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { submitPayments } from '../../src/payments/index.ts';
import { pollDeposits } from '../../src/rails/index.ts';
import type { StellarNetwork } from '../../src/stellar/port.ts';
import { useDatabase } from '../support/databases.ts';
import { type Money, openMoney, XLM } from '../support/money.ts';

describe('destinations', () => {
  const test = useDatabase('sqlite');
  let money: Money;
  beforeAll(async () => {
    money = await openMoney(test);
  });
  afterAll(() => money.close());

  it('are asked for all at once where the network takes a list; who was not answered for is looked at later', async () => {
    const wallets = [await money.wallet(), await money.wallet(), await money.wallet()];
    const rows = [];
    for (const { publicKey } of wallets) {
      const row = await money.started('deposit', publicKey, 10n * XLM);
      money.credit(row, '10');
      rows.push(row);
    }
    await pollDeposits(money.ctx, money.options);
    const ids = wallets.map(({ publicKey }) => publicKey);
    const lists: string[][] = [];
    const singles: string[] = [];
    const { network } = money.ctx;
    const bulk: StellarNetwork = {
      ...network,
      async account(id) {
        if (ids.includes(id)) singles.push(id);
        return network.account(id);
      },
      async accounts(wanted) {
        lists.push([...wanted].sort());
        const answered = lists.length === 1 ? wanted.slice(1) : wanted;
        const stranger = await network.account(money.issuer.publicKey);
        return [stranger, ...(await Promise.all(answered.map((id) => network.account(id))))];
      },
    };
    const ctx = { ...money.ctx, network: bulk };
    await submitPayments(ctx, money.options);
    money.clock.advance(60_000);
    await submitPayments(ctx, money.options);
    expect(lists[0]).toEqual([...ids].sort());
    expect(lists[1]).toHaveLength(1);
    expect(singles).toEqual([]);
    for (const { id } of rows) expect((await money.row(id)).status).toBe('completed');
  });
});
