import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Integrations } from '../../src/config/integrations.ts';
import { watchPayments } from '../../src/ingest/index.ts';
import { executePayouts, pollDeposits } from '../../src/rails/index.ts';
import { useDatabase } from '../support/databases.ts';
import { type Money, openMoney, type Seeded, scriptedBank, XLM } from '../support/money.ts';

const cyclic: Record<string, unknown> = {};
cyclic['self'] = cyclic;

/** What `fee` may answer: none of it is a fee. */
const NONSENSE: [string, () => unknown][] = [
  ['nothing', () => undefined],
  ['null', () => null],
  ['a number', () => 1],
  ['NaN', () => Number.NaN],
  ['a bigint', () => 1n],
  ['the empty text', () => ''],
  ['a text that is none', () => 'one'],
  ['a negative amount', () => '-1'],
  ['an exponent', () => '1e2'],
  ['a hexadecimal number', () => '0x10'],
  ['a comma', () => '1,0'],
  ['other digits', () => '１２'],
  ['too many decimals', () => '0.00000001'],
  ['more than there is', () => '922337203685.4775808'],
  ['more than came in', () => '1000'],
  ['10,000 digits', () => '9'.repeat(10_000)],
  ['10 MB', () => 'x'.repeat(10_000_000)],
  ['a list', () => ['1']],
  ['an object', () => ({ fee: '1' })],
  ['a cycle', () => cyclic],
  ['a function', () => () => '1'],
  ['a symbol', () => Symbol('1')],
  [
    'a throw',
    () => {
      throw new Error('no price today');
    },
  ],
  [
    'a throw of nothing',
    () => {
      throw undefined;
    },
  ],
];

describe('nonsense of the fee integration', () => {
  const test = useDatabase('sqlite');
  let money: Money;
  let wallet: Seeded;
  let answer: (asked: { amount: string }) => unknown = () => '1';
  beforeAll(async () => {
    const bank = scriptedBank();
    const fee = async (asked: { amount: string }) => answer(asked);
    const integrations = { rails: bank.rails, fee } as unknown as Integrations;
    // half and double what was announced are taken, so that the fee has to be computed anew
    money = await openMoney(test, { bank, integrations, asset: { tolerance_percent_units: 50n * XLM } });
    wallet = await money.wallet({ units: 100_000n * XLM });
  });
  afterAll(() => money.close());

  it.each(NONSENSE)('R12 F16: %s keeps that money back, visibly, and no other', async (_, nonsense) => {
    answer = () => '1';
    const [bad, good] = [
      await money.started('deposit', wallet.publicKey, 100n * XLM),
      await money.started('deposit', wallet.publicKey, 100n * XLM),
    ];
    const out = await money.started('withdrawal', wallet.publicKey, 100n * XLM);
    const other = await money.started('withdrawal', wallet.publicKey, 100n * XLM);
    answer = ({ amount }) => (amount === '90' ? nonsense() : '1');
    const spoilt = money.credit(bad, '90');
    money.credit(good, '100');
    await pollDeposits(money.ctx, money.options);
    for (const [row, units] of [
      [out, 90n * XLM],
      [other, 100n * XLM],
    ] as const) {
      const operation = {
        type: 'payment',
        destination: row.anchor_account ?? '',
        asset: money.stellarAsset,
        amount: units,
      } as const;
      await money.apply(wallet, [operation], { memo: { type: 'id', value: row.memo ?? '' } });
    }
    await watchPayments(money.ctx, money.options);
    await executePayouts(money.ctx, money.options);
    expect((await money.row(bad.id)).status).toBe('pending_user_transfer_start');
    expect((await money.row(good.id)).status).toBe('pending_anchor');
    const credit = await money.ctx.db.read
      .selectFrom('bank_credits')
      .selectAll()
      .where('id', '=', spoilt.id)
      .executeTakeFirst();
    expect(credit).toMatchObject({ bucket: 'suspense', amount_units: 90n * XLM });
    expect((await money.row(out.id)).status).toBe('pending_user_transfer_start');
    expect((await money.row(other.id)).status).toBe('completed');
    const payment = await money.ctx.db.read
      .selectFrom('incoming_payments')
      .selectAll()
      .where('memo', '=', out.memo)
      .executeTakeFirst();
    expect(payment).toMatchObject({ bucket: 'suspense', amount_units: 90n * XLM });
  });
});
