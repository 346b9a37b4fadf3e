import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { submitPayments } from '../../src/payments/index.ts';
import { pollDeposits } from '../../src/rails/index.ts';
import type { Fetch } from '../../src/stellar/port.ts';
import type { TransactionRow } from '../../src/transfers/index.ts';
import { waitingFor } from '../../src/transfers/index.ts';
import { useDatabase } from '../support/databases.ts';
import { type Money, openMoney, type Seeded, XLM } from '../support/money.ts';

/** A body in place of Horizon's, from Horizon's. */
const BODIES: [string, (text: string) => string][] = [
  ['nothing', () => ''],
  ['null', () => 'null'],
  ['a list', () => '[]'],
  ['an empty object', () => '{}'],
  ['a page of a proxy', () => '<html>502</html>'],
  ['half of it', (text) => text.slice(0, text.length / 2)],
  ['10 MB', () => `{"x":"${'y'.repeat(10_000_000)}"}`],
  ['other types', (text) => text.replaceAll(/:\s*"\d[^"]*"/g, ': -1')],
  ['huge numbers', (text) => text.replaceAll(/:\s*"?\d+"?(?=[,}\s])/g, ':"99999999999999999999"')],
  ['other ids', (text) => text.replaceAll(/G[A-Z2-7]{55}/g, `G${'A'.repeat(55)}`)],
];

const ROUTES: [string, RegExp][] = [
  ['accounts', /\/accounts\/G[A-Z2-7]{55}$/],
  ['ledgers', /\/ledgers/],
  ['fees', /\/fee_stats/],
  ['transactions of an account', /\/accounts\/G[A-Z2-7]{55}\/transactions/],
  ['a submission', /\/transactions(_async)?$/],
];

describe('payments while the network answers nonsense', () => {
  const test = useDatabase('sqlite');
  let money: Money;
  let spoil: {
    route: RegExp;
    left: number;
    body: (text: string) => string;
    headers?: Record<string, string>;
  } | null;
  beforeAll(async () => {
    const between =
      (fetch: Fetch): Fetch =>
      async (input, init) => {
        const answer = await fetch(input, init);
        const now = spoil;
        if (now === null || now.left <= 0 || !now.route.test(input)) return answer;
        now.left -= 1;
        const headers = { ...Object.fromEntries(answer.headers), ...now.headers };
        return new Response(now.body(await answer.text()), { status: answer.status, headers });
      };
    money = await openMoney(test, { fetch: between });
  });
  beforeEach(() => {
    spoil = null;
  });
  afterAll(() => money.close());

  const deposit = async (): Promise<{ wallet: Seeded; row: TransactionRow }> => {
    const wallet = await money.wallet();
    const row = await money.started('deposit', wallet.publicKey, 10n * XLM);
    money.credit(row, '10');
    await pollDeposits(money.ctx, money.options);
    return { wallet, row };
  };
  const expectPaid = async ({ wallet, row }: { wallet: Seeded; row: TransactionRow }): Promise<void> => {
    expect((await money.row(row.id)).status).toBe('completed');
    expect(await money.deliveries(wallet.publicKey)).toHaveLength(1);
  };

  for (const [name, route] of ROUTES) {
    it.each(BODIES)(`F2 F7: ${name} are %s for a while: paid once all the same`, async (_, body) => {
      const one = await deposit();
      spoil = { route, left: 3, body };
      for (let pass = 0; pass < 4; pass++) await submitPayments(money.ctx, money.options);
      const row = await money.row(one.row.id);
      if (row.status !== 'completed') expect(await waitingFor(money.ctx, row)).not.toBeNull();
      spoil = null;
      money.clock.advance(700_000);
      money.closeLedgers(1);
      await submitPayments(money.ctx, money.options);
      await expectPaid(one);
    });
  }

  it.each(['4294967295', '4294967000'])(
    'R4: a ledger that cannot be (%s) proves no death and stops nothing',
    async (ledger) => {
      const one = await deposit();
      spoil = {
        route: /\/accounts\/G[A-Z2-7]{55}$/,
        left: 50,
        body: (text) => text,
        headers: { 'latest-ledger': ledger },
      };
      await submitPayments(money.ctx, money.options);
      spoil = null;
      const other = await deposit();
      await submitPayments(money.ctx, money.options);
      await expectPaid(one);
      await expectPaid(other);
      const envelopes = await money.ctx.db.read.selectFrom('envelopes').select('max_ledger').execute();
      expect(Math.max(...envelopes.map((row) => row.max_ledger))).toBeLessThan(1_000_000);
    },
  );

  it('L2: a result that makes no sense is booked as nothing, and keeps no other back', async () => {
    const one = await deposit();
    const route = /\/accounts\/G[A-Z2-7]{55}\/transactions|\/transactions\/[0-9a-f]{64}/;
    const garbled = (text: string): string =>
      text
        .replaceAll(/"result_xdr":\s*"[^"]*"/g, '"result_xdr":"AAAA"')
        .replaceAll(/"successful":\s*true/g, '"successful":false');
    spoil = { route, left: 1000, body: garbled };
    await submitPayments(money.ctx, { ...money.options, deadlineMs: money.clock.now() + 5_000 });
    expect(await money.obligations(one.row.id)).toMatchObject([{ state: 'bound' }]);
    expect(await money.deliveries(one.wallet.publicKey)).toHaveLength(1);
    spoil = null;
    money.clock.advance(60_000);
    await submitPayments(money.ctx, money.options);
    await expectPaid(one);
  });
});
