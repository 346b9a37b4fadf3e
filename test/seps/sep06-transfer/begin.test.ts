import { beforeEach, describe, expect, it } from 'vitest';
import type { FundingMethod, Integrations } from '../../../src/config/integrations.ts';
import type { Log } from '../../../src/kernel/log.ts';
import { readFields } from '../../../src/transfers/fields.ts';
import {
  ALICE,
  BOB,
  CONTRACT,
  createTestAnchor,
  DISTRIBUTION,
  existing,
  ISSUER,
  MUXED,
  missing,
  SHARED,
  useTestAnchor,
} from '../../support/anchor.ts';
import { countTransactions, type Params, walletOf } from './client.ts';

const SEPS = [1, 6, 10] as const;
const hash = Buffer.alloc(32, 9).toString('base64');
const other = ISSUER.replace(/.$/, ISSUER.endsWith('A') ? 'B' : 'A');
const SEED = 'SBQPDFUGLMWJYEYXFRM5TQX3AX2BR47WKI4FDS7EJQUSEUUVY72MZPJF';

describe('SEP-6 GET /deposit', () => {
  const anchor = useTestAnchor({ project: { seps: SEPS }, assets: [{ code: 'native', issuer: '' }] });

  it('answers with id, how, instructions, limits and fees, and nothing else (S6-09, S6-F01, S6-F02, S6-F05, S6-F06)', async () => {
    const wallet = walletOf(anchor);
    const { status, body } = await wallet.deposit({ amount: '100' });
    expect(status).toBe(200);
    expect(Object.keys(body).sort()).toEqual(
      ['fee_fixed', 'fee_percent', 'how', 'id', 'instructions', 'max_amount', 'min_amount'].sort(),
    );
    expect(body).toMatchObject({ min_amount: 1, max_amount: 10000, fee_fixed: 1, fee_percent: 0.1 });
    const row = await anchor.row(body['id'] as string);
    const reference = { value: row.reference, description: expect.any(String) };
    expect(body['instructions']).toEqual({ 'organization.external_transfer_memo': reference });
    expect(body['how']).toContain(row.reference);
    expect(await wallet.find(row.id)).toMatchObject({
      kind: 'deposit',
      status: 'pending_user_transfer_start',
      to: ALICE,
      amount_in: '100',
      amount_out: '98.9',
      amount_fee: '1.1',
    });
  });

  it('takes what was not announced to be any amount (S6-P08, S6-F17)', async () => {
    const wallet = walletOf(anchor);
    const { body } = await wallet.deposit();
    const row = await anchor.row(body['id'] as string);
    expect([row.status, row.amount_expected_units]).toEqual(['pending_user_transfer_start', null]);
    expect(await wallet.find(row.id)).not.toHaveProperty('amount_in');
  });

  it('keeps what it is given (S6-P02, S6-P05, S6-P07, S6-P09, S6-F25)', async () => {
    const wallet = walletOf(anchor, ALICE, { client_domain: 'wallet.example' });
    const { body } = await wallet.deposit({
      account: BOB,
      memo_type: 'hash',
      memo: hash,
      email_address: 'ada@example.org',
      on_change_callback: 'https://wallet.example/changed?id=1',
      country_code: 'USA',
      claimable_balance_supported: 'true',
      location_id: 'shop-7',
      funding_method: 'bank_account',
      wallet_name: 'Evil <b>',
      wallet_url: 'javascript:alert(1)',
      unheard_of: 'x',
      lang: 'pt-BR',
    });
    const row = await anchor.row(body['id'] as string);
    expect(row).toMatchObject({
      sep: '6',
      account: BOB,
      owner: ALICE,
      memo_type: 'hash',
      memo: '09'.repeat(32),
      on_change_callback: 'https://wallet.example/changed?id=1',
      country_code: 'USA',
      location_id: 'shop-7',
      claimable_balance_supported: 1,
      funding_method: 'bank_account',
      client_domain: 'wallet.example',
      lang: 'pt-BR',
    });
    expect(readFields(anchor.ctx, row)).toEqual({ email_address: 'ada@example.org' });
    expect(await wallet.find(row.id)).toMatchObject({
      to: BOB,
      deposit_memo: hash,
      deposit_memo_type: 'hash',
    });
    expect(Object.values(row).join()).not.toContain('Evil');
  });

  it('takes that claimable balances are understood, a place, and what wallets say of themselves (S6-P10, S6-P12, S6-P13, S6-15)', async () => {
    for (const [given, kept] of [
      ['true', 1],
      ['TRUE', 1],
      ['false', 0],
      [undefined, 0],
    ] as const) {
      const { body } = await walletOf(anchor).deposit({
        claimable_balance_supported: given,
        location_id: 'shop-7',
        wallet_name: 'W',
        wallet_url: 'https://w.example',
      });
      const row = await anchor.row(body['id'] as string);
      expect([row.claimable_balance_supported, row.location_id]).toEqual([kept, 'shop-7']);
    }
  });

  it('speaks the language asked for, English where it is not known (S6-P06, SC-26)', async () => {
    const how = async (lang: string) => (await walletOf(anchor).deposit({ lang })).body['how'] as string;
    expect(await how('es')).toContain('Páguenos'.slice(0, 4));
    expect(await how('id-ID')).toContain('Bayar');
    expect(await how('xx')).toContain('Pay to us');
    expect(await how('-- nonsense --')).toContain('Pay to us');
  });

  it('takes the method by its old name, or the only one (S6-P03, S6-P13)', async () => {
    const wallet = walletOf(anchor);
    for (const more of [{}, { type: 'bank_account' }, { funding_method: 'bank_account', type: '' }])
      expect((await wallet.deposit(more)).status).toBe(200);
  });

  it('pays to muxed accounts, and to lumens by their name (S6-P01, S6-P02)', async () => {
    const wallet = walletOf(anchor, MUXED);
    const { body } = await wallet.deposit({ account: MUXED, asset_code: 'native' });
    const row = await anchor.row(body['id'] as string);
    expect([row.account, row.owner]).toEqual([MUXED, `${SHARED}:77`]);
  });
});

describe('SEP-6 GET /withdraw', () => {
  const anchor = useTestAnchor({ project: { seps: SEPS } });

  it('answers our account and a memo of its own, and nothing else (S6-17, S6-18, S6-F08, S6-F09, S6-F10)', async () => {
    const wallet = walletOf(anchor);
    const { status, body } = await wallet.withdraw({ amount: '100' });
    expect(status).toBe(200);
    expect(Object.keys(body).sort()).toEqual(
      [
        'account_id',
        'fee_fixed',
        'fee_percent',
        'id',
        'max_amount',
        'memo',
        'memo_type',
        'min_amount',
      ].sort(),
    );
    expect(body).toMatchObject({
      account_id: DISTRIBUTION,
      memo_type: 'id',
      memo: expect.stringMatching(/^\d+$/),
    });
    expect(await wallet.find(body['id'])).toMatchObject({
      kind: 'withdrawal',
      status: 'pending_user_transfer_start',
      from: ALICE,
      withdraw_anchor_account: DISTRIBUTION,
      withdraw_memo: body['memo'],
      withdraw_memo_type: 'id',
    });
    expect((await wallet.withdraw()).body['memo']).not.toBe(body['memo']);
  });

  it('keeps what it is given (S6-P16, S6-P17, S6-P19, S6-P20, S6-P23)', async () => {
    const wallet = walletOf(anchor);
    const { body } = await wallet.withdraw({
      type: 'bank_account',
      account: BOB,
      dest: 'DE02',
      dest_extra: 'BIC',
      refund_memo: '18446744073709551615',
      refund_memo_type: 'id',
      country_code: 'DE',
      on_change_callback: 'https://wallet.example/x',
      amount: '5',
    });
    const row = await anchor.row(body['id'] as string);
    expect(row).toMatchObject({
      account: BOB,
      refund_memo: '18446744073709551615',
      refund_memo_type: 'id',
      country_code: 'DE',
      amount_expected_units: 50_000_000n,
    });
    expect(readFields(anchor.ctx, row)).toEqual({
      dest: 'DE02',
      dest_extra: 'BIC',
      bank_account_number: 'DE02',
      bank_number: 'BIC',
    });
    expect(Object.values(row).join()).not.toContain('DE02');
  });

  it('prints where the money goes, masked, with its bank (S6-F22, S6-F23, S6-F24, S6-F26)', async () => {
    const wallet = walletOf(anchor);
    const { body } = await wallet.withdraw({ dest: 'DE02120300000000202051', dest_extra: 'BYLADEM1001' });
    const found = await wallet.find(body['id']);
    expect(found).toMatchObject({
      from: ALICE,
      to: '************2051',
      external_extra: 'BYLADEM1001',
      withdraw_anchor_account: DISTRIBUTION,
      withdraw_memo: body['memo'],
      withdraw_memo_type: 'id',
    });
  });

  it.each(['id', 'text', 'hash'] as const)('takes a refund memo of type %s (S6-P20)', async (type) => {
    const refund_memo = { id: '7', text: 'back', hash }[type];
    const answer = await walletOf(anchor).withdraw({ refund_memo, refund_memo_type: type });
    expect(answer.status).toBe(200);
    expect((await anchor.row(answer.body['id'] as string)).refund_memo_type).toBe(type);
  });

  it('takes its old type, a place to pick up, and what wallets say of themselves (S6-P21, S6-P22, S6-P24)', async () => {
    const { status, body } = await walletOf(anchor).withdraw({
      type: 'bank_account',
      location_id: 'shop-7',
      wallet_name: 'W',
      wallet_url: 'https://w.example',
    });
    expect(status).toBe(200);
    expect((await anchor.row(body['id'] as string)).location_id).toBe('shop-7');
  });

  it('takes the old user memo unless it contradicts the token (S6-P18)', async () => {
    const ask = async (subject: string, more: Params) =>
      (await walletOf(anchor, subject).withdraw(more)).status;
    expect(await ask(ALICE, { memo: '5' })).toBe(200);
    expect(await ask(ALICE, { memo: 'me', memo_type: 'text' })).toBe(200);
    expect(await ask(`${SHARED}:77`, { memo: '77' })).toBe(200);
    expect(await ask(`${SHARED}:77`, { memo: '78', memo_type: 'id' })).toBe(400);
  });
});

describe('SEP-6 requests that are refused', () => {
  const anchor = useTestAnchor({ project: { seps: SEPS } });
  let before = 0;
  beforeEach(async () => {
    before = await countTransactions(anchor);
  });

  const common: [string, (string | undefined)[]][] = [
    [
      'asset_code',
      [
        undefined,
        '',
        'NOPE',
        'srt',
        'XLM',
        'stellar:native',
        'iso4217:USD',
        '__proto__',
        '\0',
        'S'.repeat(5000),
      ],
    ],
    ['asset_issuer', [other, 'x', ISSUER.toLowerCase()]],
    [
      'account',
      [
        SEED,
        CONTRACT,
        ALICE.slice(0, 55),
        `${ALICE}A`,
        ALICE.toLowerCase(),
        `${ALICE.slice(0, 55)}a`,
        'me',
        '\0',
      ],
    ],
    [
      'amount',
      [
        '',
        '0',
        '-0',
        '-1',
        '+1',
        '1e2',
        '1.0E+500000000',
        'NaN',
        'Infinity',
        '0x10',
        ' 1 ',
        '1,0',
        '１２',
        '1.',
        '.5',
        '1.12345678',
        '922337203685.4775808',
        '9'.repeat(3000),
        '0.5',
        '10001',
        '1.001',
        '1',
      ],
    ],
    ['funding_method', ['cash', 'BANK_ACCOUNT', '\0', '__proto__', 'toString']],
    ['type', ['crypto', 'constructor']],
    [
      'on_change_callback',
      [
        'http://wallet.example/',
        'javascript:alert(1)',
        'https://u:p@wallet.example/',
        'https://10.0.0.1/',
        'https://169.254.169.254/',
        'x',
        'https://a b/',
        `https://w.example/${'x'.repeat(3000)}`,
        'postMessage',
      ],
    ],
    ['country_code', ['usa', 'U', 'USAA', '12', 'U\0']],
    ['customer_id', ['a b', 'x'.repeat(101), 'é']],
    ['location_id', ['a b', 'x'.repeat(101)]],
    ['email_address', ['x', 'a@b', 'a b@c.de', `${'x'.repeat(300)}@y.de`]],
    ['claimable_balance_supported', ['yes', '1']],
    ['memo_type', ['return', 'hash', 'ID']],
  ];

  const refused = async (kind: 'deposit' | 'withdraw', params: Params) => {
    const answer = await walletOf(anchor)[kind](params);
    expect([JSON.stringify(params).slice(0, 200), answer.status]).toEqual([
      JSON.stringify(params).slice(0, 200),
      400,
    ]);
    expect(typeof answer.body['error']).toBe('string');
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(await countTransactions(anchor)).toBe(before);
    return answer;
  };

  it.each(common)('a bad %s (S6-16, S6-P01, S6-P15, S6-42)', async (name, values) => {
    for (const kind of ['deposit', 'withdraw'] as const) {
      for (const value of values) {
        const answer = await refused(kind, { [name]: value });
        if (value !== undefined && value.length > 20) expect(answer.text).not.toContain(value);
      }
    }
  });

  it('a deposit without an account (S6-P02), a withdrawal without the field of its method (S6-P14, S6-P23)', async () => {
    await refused('deposit', { account: undefined });
    await refused('deposit', { account: '' });
    await refused('withdraw', { dest: undefined });
    await refused('withdraw', { dest: 'x'.repeat(1001) });
    await refused('withdraw', { dest: 'a\0b' });
  });

  it.each([
    ['text', 'a'.repeat(29)],
    ['id', '18446744073709551616'],
    ['id', '-1'],
    ['id', '1.0'],
    ['id', '007'],
    ['hash', Buffer.alloc(31).toString('base64')],
    ['return', hash],
    ['id', undefined],
    [undefined, '7'],
  ])('memo_type %s with memo %s (S6-P04, S6-P20)', async (type, memo) => {
    await refused('deposit', { memo_type: type, memo });
    await refused('withdraw', { refund_memo_type: type, refund_memo: memo });
  });

  it('a memo beside an address that names its user, and a parameter given twice (S6-P04)', async () => {
    await refused('deposit', { account: MUXED, memo: '1', memo_type: 'id' });
    const twice = await walletOf(anchor).ask(`/sep6/deposit?asset_code=SRT&asset_code=SRT&account=${ALICE}`);
    expect(twice.status).toBe(400);
  });

  it.each(['deposit', 'withdraw', 'transaction', 'transactions'])(
    '/%s without a good token, before it is looked at (S6-01, S6-02)',
    async (path) => {
      for (const header of [undefined, '', 'Bearer', 'Basic abc', `Bearer ${anchor.token(ALICE)}x`]) {
        const answer = await anchor.request(`/sep6/${path}?asset_code=%00&asset_code=`, {
          headers: header === undefined ? {} : { authorization: header },
        });
        expect(answer.status).toBe(403);
        expect(await answer.json()).toMatchObject({ type: 'authentication_required' });
      }
      expect(await countTransactions(anchor)).toBe(before);
    },
  );

  it('says what is wrong in the language asked for (SC-26, SC-30, S6-P06, S6-16)', async () => {
    const wallet = walletOf(anchor);
    const faults: Params[] = [
      { asset_code: undefined },
      { asset_code: 'NOPE' },
      { amount: '0.5' },
      { amount: '99999' },
      { amount: 'x' },
      { amount: '0' },
      { account: CONTRACT },
      { account: 'x' },
      { memo: '1', memo_type: 'x' },
    ];
    for (const fault of faults) {
      const told = async (lang: string) => (await wallet.deposit({ ...fault, lang })).body['error'] as string;
      const texts = await Promise.all(['en', 'es', 'pt', 'fr', 'id'].map(told));
      expect([JSON.stringify(fault), new Set(texts).size]).toEqual([JSON.stringify(fault), 5]);
      expect(texts.join()).not.toContain('{');
      expect(await told('xx')).toBe(texts[0]);
      expect(await told('es-MX')).toBe(texts[1]);
    }
    expect((await wallet.deposit({ amount: '0.5', lang: 'fr' })).body['error']).toContain('1');
  });

  it('what is personal stays out of the log, also where a request fails (SV-02, S6-42)', async () => {
    const lines: string[] = [];
    const record = (...words: unknown[]) =>
      lines.push(JSON.stringify(words, (_, one) => (typeof one === 'bigint' ? `${one}` : one)));
    const log: Log = { debug: record, info: record, warn: record, error: record, child: () => log };
    const broken = await createTestAnchor({
      log,
      project: { seps: SEPS },
      integrations: {
        sep6: {
          request: () => {
            throw new Error('out of order');
          },
        },
      },
    });
    try {
      const answer = await walletOf(broken).deposit({ email_address: 'ada@example.org', amount: '31.41' });
      expect([answer.status, answer.text.includes('out of order')]).toEqual([500, false]);
      await walletOf(broken).withdraw({ dest: 'DE02120300000000202051', amount: 'x' });
    } finally {
      await broken.close();
    }
    expect(lines.join()).toContain('out of order');
    for (const secret of ['ada@example.org', 'DE0212', '31.41']) expect(lines.join()).not.toContain(secret);
  });

  it('logins of contracts get memos of type id only (S6-P04)', async () => {
    const contract = walletOf(anchor, CONTRACT);
    expect((await contract.deposit({ memo: 'x', memo_type: 'text' })).status).toBe(400);
    expect((await contract.deposit({ memo: '7', memo_type: 'id' })).status).toBe(200);
  });
});

describe('SEP-6 without account creation', () => {
  const anchor = useTestAnchor({
    project: { seps: SEPS, sep24: { accountCreation: false, claimableBalances: false } },
    network: { account: async (id) => (id === BOB ? existing(id) : missing(id)) },
  });

  it('refuses a destination that does not exist (S6-14, S6-15)', async () => {
    const wallet = walletOf(anchor);
    expect((await wallet.deposit()).status).toBe(400);
    expect((await wallet.deposit({ account: MUXED })).status).toBe(400);
    expect(await countTransactions(anchor)).toBe(0);
    expect((await wallet.deposit({ account: BOB })).status).toBe(200);
    expect((await wallet.withdraw()).status).toBe(200);
  });
});

describe("SEP-6 with the anchor's own word", () => {
  let known = true;
  const asked: unknown[] = [];
  const integrations: Integrations = {
    sep6: {
      methods: ({ kind }): Record<string, FundingMethod> =>
        kind === 'deposit'
          ? { SEPA: {}, cash: { fields: { shop: { description: 'Which shop', choices: ['A', 'B'] } } } }
          : {
              SEPA: {
                fields: { iban: { description: 'IBAN' }, note: { description: 'Note', optional: true } },
              },
            },
      instructions: (transaction) =>
        known
          ? {
              'organization.bank_account_number': { value: '12345678', description: 'Account' },
              'organization.external_transfer_memo': {
                value: transaction.reference,
                description: 'Reference',
              },
            }
          : null,
      request: (transaction) => {
        asked.push(transaction);
        if (transaction.amountIn === '13') return { refused: 'Not today.' };
        return { eta: 60, message: 'Thank you.' };
      },
    },
    fee: ({ type }) => (type === 'cash' ? '5' : '1'),
  };
  const anchor = useTestAnchor({ project: { seps: SEPS }, integrations });

  it('tells instructions, eta and a message (S6-10, S6-F03, S6-F04, S6-F07, S6-F11)', async () => {
    const wallet = walletOf(anchor);
    const { body } = await wallet.deposit({ funding_method: 'SEPA', amount: '10' });
    const row = await anchor.row(body['id'] as string);
    expect(body).toMatchObject({
      how: `Account: 12345678\nReference: ${row.reference}`,
      eta: 60,
      extra_info: { message: 'Thank you.' },
      instructions: {
        'organization.bank_account_number': { value: '12345678', description: 'Account' },
        'organization.external_transfer_memo': { value: row.reference, description: 'Reference' },
      },
    });
    expect(body).not.toHaveProperty('fee_fixed');
    expect((await wallet.find(row.id))['instructions']).toEqual(body['instructions']);
    expect(row.instructions).not.toContain('12345678');
    const page = await anchor.request((await wallet.find(row.id))['more_info_url'] as string);
    expect(await page.text()).toContain('12345678');
  });

  it('tells eta and a message with a withdrawal too (S6-F11, S6-F12)', async () => {
    const withdrawal = await walletOf(anchor).withdraw({ iban: 'DE02', amount: '10' });
    expect(withdrawal.body).toMatchObject({ eta: 60, extra_info: { message: 'Thank you.' } });
  });

  it('wants the fields of the method that was chosen, among its choices (S6-P03, S6-P14, S6-P16)', async () => {
    const wallet = walletOf(anchor);
    const status = async (params: Params) => (await wallet.deposit(params)).status;
    expect(await status({})).toBe(400);
    expect(await status({ funding_method: 'SEPA' })).toBe(200);
    expect(await status({ funding_method: 'cash' })).toBe(400);
    expect(await status({ funding_method: 'cash', shop: 'C' })).toBe(400);
    const cash = await wallet.deposit({ type: 'cash', shop: 'B', amount: '20' });
    const row = await anchor.row(cash.body['id'] as string);
    expect([readFields(anchor.ctx, row), row.amount_fee_units]).toEqual([{ shop: 'B' }, 50_000_000n]);
    expect((await wallet.withdraw({ dest: undefined })).status).toBe(400);
    expect((await wallet.withdraw({ iban: 'DE02' })).status).toBe(200);
  });

  it("refuses with the anchor's words, before anything is written (S6-16)", async () => {
    const before = await countTransactions(anchor);
    const answer = await walletOf(anchor).deposit({ funding_method: 'SEPA', amount: '13' });
    expect([answer.status, answer.body]).toEqual([400, { error: 'Not today.' }]);
    expect(await countTransactions(anchor)).toBe(before);
    expect(asked.at(-1)).toMatchObject({
      sep: '6',
      id: '',
      fundingMethod: 'SEPA',
      amountIn: '13',
      amountFee: '1',
    });
  });

  it('publishes instructions with the transaction when they are known (S6-10, S6-F32)', async () => {
    known = false;
    const wallet = walletOf(anchor);
    const { body } = await wallet.deposit({ funding_method: 'SEPA' });
    expect(body).not.toHaveProperty('instructions');
    expect(typeof body['how']).toBe('string');
    expect(await wallet.find(body['id'])).not.toHaveProperty('instructions');
    known = true;
    // not with every poll
    expect(await wallet.find(body['id'])).not.toHaveProperty('instructions');
    anchor.clock.advance(6_000);
    expect(await wallet.find(body['id'])).toHaveProperty('instructions');
  });
});
