import { beforeEach, describe, expect, it } from 'vitest';
import { readFields } from '../../../src/transfers/fields.ts';
import {
  ALICE,
  BOB,
  CONTRACT,
  existing,
  ISSUER,
  MUXED,
  missing,
  SHARED,
  useTestAnchor,
} from '../../support/anchor.ts';
import { countTransactions, walletOf } from './client.ts';

const KINDS = ['deposit', 'withdraw'] as const;
const SEED = 'SBQPDFUGLMWJYEYXFRM5TQX3AX2BR47WKI4FDS7EJQUSEUUVY72MZPJF';
const other = 'GBDEVU63Y6NTHJQQZIKVTC23NWLXVP3WJ2RI2OTSJTNYOIGICST6DUXR';
const hash = Buffer.alloc(32, 9).toString('base64');

describe.each(KINDS)('SEP-24 POST %s with SEP-12', (kind) => {
  const anchor = useTestAnchor({ project: { seps: [1, 10, 12, 24] } });

  it('takes a customer of the login’s own, and knows no other (S24-P11, SC-21)', async () => {
    const put = (subject: string) =>
      anchor.request('/kyc/customer', {
        method: 'PUT',
        headers: { authorization: `Bearer ${anchor.token(subject)}`, 'content-type': 'application/json' },
        body: JSON.stringify({ first_name: 'Ada' }),
      });
    const idOf = async (answer: Response) => ((await answer.json()) as { id: string }).id;
    const [own, foreign] = [await idOf(await put(ALICE)), await idOf(await put(BOB))];
    const wallet = walletOf(anchor);
    const { id } = await wallet.begin(kind, { customer_id: own });
    expect((await anchor.row(id)).customer_id).toBe(own);
    const before = await countTransactions(anchor);
    const answers = [];
    for (const customer_id of [foreign, '7d3f9c1e-9c3f-4c62-8a0b-0d6a1f0c7a11']) {
      const { status, text } = await wallet.post(kind, { asset_code: 'SRT', customer_id });
      answers.push([status, text]);
    }
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]?.[0]).toBe(404);
    expect(await countTransactions(anchor)).toBe(before);
  });
});

describe.each(KINDS)('SEP-24 POST %s', (kind) => {
  const anchor = useTestAnchor({
    assets: [
      { code: 'native', issuer: '' },
      { code: 'USDX', anchored_asset: 'iso4217:USD' },
    ],
  });
  const path = `/sep24/transactions/${kind}/interactive`;

  it('answers exactly type, url and id, and the record is there at once (S24-15, S24-16, S24-55)', async () => {
    const wallet = walletOf(anchor);
    const answer = await wallet.post(kind, { asset_code: 'SRT' });
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.body).sort()).toEqual(['id', 'type', 'url']);
    expect(answer.body['type']).toBe('interactive_customer_info_needed');
    const id = answer.body['id'] as string;
    const found = await wallet.find(id);
    expect(found).toMatchObject({
      id,
      status: 'incomplete',
      kind: kind === 'deposit' ? 'deposit' : 'withdrawal',
    });
    expect(found[kind === 'deposit' ? 'to' : 'from']).toBe(ALICE);
    expect(found).not.toHaveProperty('amount_in');
    expect((await wallet.list('asset_code=SRT'))[0]).toEqual(found);
  });

  it('takes JSON, form and multipart alike (SC-08)', async () => {
    const wallet = walletOf(anchor);
    const fields = { asset_code: 'SRT', amount: '12.50', lang: 'pt-BR' };
    const multipart = new FormData();
    for (const [name, value] of Object.entries(fields)) multipart.set(name, value);
    multipart.set('photo_id_front', new Blob([new Uint8Array(200_000)]), 'id.png');
    for (const body of [JSON.stringify(fields), new URLSearchParams(fields), multipart]) {
      const headers = new Headers(typeof body === 'string' ? { 'content-type': 'application/json' } : {});
      const answer = await wallet.ask(path, { method: 'POST', body, headers });
      expect(answer.status).toBe(200);
      const row = await anchor.row(answer.body['id'] as string);
      expect([row.amount_expected_units, row.lang]).toEqual([125_000_000n, 'pt-BR']);
    }
  });

  it('keeps what it was given (S24-P02, S24-P10, S24-P12, S24-P19, S24-P22)', async () => {
    const wallet = walletOf(anchor, ALICE, { client_domain: 'wallet.example' });
    const { id } = await wallet.begin(kind, {
      asset_issuer: ISSUER,
      amount: 100,
      account: BOB,
      claimable_balance_supported: 'true',
      customer_id: 'c-1',
      wallet_name: 'Evil <b>',
      wallet_url: 'javascript:alert(1)',
      given_name: 'Ada',
      email_address: 'ada@example.org',
      bank_account_number: '',
      unheard_of: 'x',
      nested: { deep: [1] },
      ...(kind === 'deposit'
        ? { memo: hash, memo_type: 'hash' }
        : { refund_memo: '18446744073709551615', refund_memo_type: 'id' }),
    });
    const row = await anchor.row(id);
    expect(row).toMatchObject({
      account: BOB,
      owner: ALICE,
      client_domain: 'wallet.example',
      customer_id: 'c-1',
      amount_expected_units: 1_000_000_000n,
      claimable_balance_supported: kind === 'deposit' ? 1 : 0,
    });
    if (kind === 'deposit') expect([row.memo_type, row.memo]).toEqual(['hash', '09'.repeat(32)]);
    else expect([row.refund_memo_type, row.refund_memo]).toEqual(['id', '18446744073709551615']);
    expect(readFields(anchor.ctx, row)).toEqual({ first_name: 'Ada', email_address: 'ada@example.org' });
    expect(row.fields).not.toContain('ada@example.org');
    expect(JSON.stringify(await wallet.find(id))).not.toContain('Evil');
  });

  it('wants an asset that is offered, its issuer, and an amount within its limits (S24-P14, S24-P15, S24-P17, S24-P04)', async () => {
    const before = await countTransactions(anchor);
    const wallet = walletOf(anchor);
    for (const more of [
      { asset_code: 'NOPE' },
      { asset_code: '' },
      { asset_issuer: other },
      { asset_code: 'native', asset_issuer: ISSUER },
      { amount: '0.5' },
      { amount: '10001' },
      { amount: '0' },
    ]) {
      const { status, body } = await wallet.post(kind, { asset_code: 'SRT', ...more });
      expect([more, status, Object.keys(body)]).toEqual([more, 400, ['error']]);
    }
    expect(await countTransactions(anchor)).toBe(before);
    expect((await wallet.post(kind, { asset_code: 'SRT', asset_issuer: ISSUER, amount: '1' })).status).toBe(
      200,
    );
  });

  it('keeps the language, the customer and what the wallet says of the user (S24-P09, S24-P13, S24-P23)', async () => {
    const customer_id = '7d3f9c1e-9c3f-4c62-8a0b-0d6a1f0c7a11';
    const { id } = await walletOf(anchor).begin(kind, {
      lang: 'id',
      customer_id,
      family_name: 'Lovelace',
      wallet_name: 'W',
      wallet_url: 'https://wallet.example',
    });
    const row = await anchor.row(id);
    expect(row).toMatchObject({ lang: 'id', customer_id });
    expect(readFields(anchor.ctx, row)).toEqual({ last_name: 'Lovelace' });
  });

  it('says what is wrong in the language of the request (S24-P09, SC-30)', async () => {
    const told = async (lang: string) =>
      (await walletOf(anchor).post(kind, { asset_code: 'NOPE', lang })).body['error'];
    expect(new Set(await Promise.all(['en', 'es', 'pt', 'fr', 'id'].map(told))).size).toBe(5);
    expect(await told('xx')).toBe(await told('en'));
  });

  it('knows native XLM (S24-03, S24-P01)', async () => {
    const wallet = walletOf(anchor);
    expect((await wallet.post(kind, { asset_code: 'native' })).status).toBe(200);
    expect((await wallet.post(kind, { asset_code: 'native', asset_issuer: ISSUER })).status).toBe(400);
  });

  it('takes the off-chain asset that backs the token, no other (S24-P03, S24-P16)', async () => {
    const wallet = walletOf(anchor);
    const name = kind === 'deposit' ? 'source_asset' : 'destination_asset';
    const ask = async (value: string) =>
      (await wallet.post(kind, { asset_code: 'USDX', [name]: value })).status;
    expect(await ask('iso4217:USD')).toBe(200);
    for (const bad of ['iso4217:EUR', 'iso4217:usd', `stellar:SRT:${ISSUER}`, 'USD', 'btc:x'])
      expect(await ask(bad)).toBe(400);
  });

  it('uses the account of the token when there is none (S24-12, S24-13, S24-78)', async () => {
    const muxed = walletOf(anchor, MUXED);
    const row = await anchor.row((await muxed.begin(kind)).id);
    expect([row.account, row.owner, row.subject]).toEqual([MUXED, `${SHARED}:77`, MUXED]);
    const memo = walletOf(anchor, `${SHARED}:77`);
    expect((await anchor.row((await memo.begin(kind)).id)).account).toBe(SHARED);
  });

  describe('refuses', () => {
    let before: number;
    beforeEach(async () => {
      before = await countTransactions(anchor);
    });
    const refused = async (body: unknown, status = 400) => {
      const answer = await walletOf(anchor).post(kind, body);
      expect(answer.status).toBe(status);
      expect(typeof answer.body['error']).toBe('string');
      expect(answer.headers.get('access-control-allow-origin')).toBe('*');
      expect(await countTransactions(anchor)).toBe(before);
      return answer;
    };

    it.each([
      [
        'asset_code',
        [
          undefined,
          '',
          'NOPE',
          'srt',
          'SRTSRTSRTSRTS',
          'XLM',
          'stellar:native',
          'iso4217:USD',
          '__proto__',
          '\0',
          ['SRT'],
          { a: 1 },
        ],
      ],
      ['asset_issuer', [other, 'x', `${ISSUER}A`, ISSUER.toLowerCase()]],
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
          '9'.repeat(10_000),
          1e21,
          [],
          {},
          0.5,
          10_001,
        ],
      ],
      [
        'account',
        [
          SEED,
          CONTRACT,
          ALICE.slice(0, 55),
          `${ALICE}A`,
          ALICE.toLowerCase(),
          ALICE.replace('G', 'Ԍ'),
          `${ALICE.slice(0, 55)}A`,
          'me',
        ],
      ],
      ['quote_id', ['de762cda-a193-4961-861e-57b31fed6eb3', 'x']],
      ['customer_id', ['a b', 'x'.repeat(101)]],
      ['claimable_balance_supported', ['yes', '1']],
      ['first_name', ['x'.repeat(1001)]],
    ] as [string, unknown[]][])('a bad %s (S24-11, S24-12, S24-25)', async (name, values) => {
      for (const value of values) {
        const answer = await refused({ asset_code: 'SRT', [name]: value });
        if (typeof value === 'string' && value.length > 8) expect(answer.text).not.toContain(value);
      }
    });

    it('a body that is none (SC-09)', async () => {
      await refused('{');
      await refused('[]');
      await refused('null');
      await refused('{"asset_code":"SRT","asset_code":"SRT"}');
      await refused('{"__proto__":{"asset_code":"SRT"}}');
      await refused(`{"asset_code":"SRT","first_name":"${'x'.repeat(60_000)}"}`, 413);
      const wallet = walletOf(anchor);
      for (const [type, status] of [
        ['text/xml', 415],
        ['application/json; charset=utf-16', 415],
        ['multipart/form-data', 400],
      ] as const) {
        const answer = await wallet.ask(path, {
          method: 'POST',
          body: 'x',
          headers: { 'content-type': type },
        });
        expect([answer.status, typeof answer.body['error']]).toEqual([status, 'string']);
      }
      expect(await countTransactions(anchor)).toBe(before);
    });

    it('requests without a good token, before it looks at them (S24-10, SC-12, SC-14)', async () => {
      const interactive = new URL((await walletOf(anchor).begin(kind)).url).searchParams.get('token') ?? '';
      before += 1;
      const none = `${Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')}.${anchor.token(ALICE).split('.')[1]}.`;
      const good = anchor.token(ALICE);
      for (const header of [
        undefined,
        '',
        'Bearer',
        'Basic abc',
        `Bearer ${interactive}`,
        `Bearer ${none}`,
        `Bearer ${good}x`,
        `Bearer ${good}, Bearer ${good}`,
        `Bearer ${'x'.repeat(9000)}`,
      ]) {
        const answer = await anchor.request(path, {
          method: 'POST',
          body: 'not even read',
          headers: header === undefined ? {} : { authorization: header },
        });
        expect(answer.status).toBe(403);
        expect(await answer.json()).toMatchObject({ type: 'authentication_required' });
      }
      expect(await countTransactions(anchor)).toBe(before);
    });
  });
});

describe('SEP-24 memos', () => {
  const anchor = useTestAnchor();
  const memos: [unknown, unknown, number][] = [
    ['text', 'a'.repeat(28), 200],
    ['text', '🐧'.repeat(7), 200],
    ['id', '0', 200],
    ['id', '18446744073709551615', 200],
    ['hash', hash, 200],
    ['text', 'a'.repeat(29), 400],
    ['text', `${'🐧'.repeat(7)}a`, 400],
    ['id', '18446744073709551616', 400],
    ['id', '-1', 400],
    ['id', '1.0', 400],
    ['id', '007', 400],
    ['id', 2 ** 60, 400],
    ['hash', Buffer.alloc(31).toString('base64'), 400],
    ['hash', Buffer.alloc(33).toString('base64'), 400],
    ['return', hash, 400],
    ['id', undefined, 400],
    [undefined, '7', 400],
  ];

  it.each(memos)(
    'memo_type %s memo %s -> %i (S24-P07, S24-P08, S24-21, S24-P21, SC-27)',
    async (type, value, status) => {
      const wallet = walletOf(anchor);
      const deposit = await wallet.post('deposit', { asset_code: 'SRT', memo_type: type, memo: value });
      expect(deposit.status).toBe(status);
      const refund = { asset_code: 'SRT', refund_memo_type: type, refund_memo: value };
      expect((await wallet.post('withdraw', refund)).status).toBe(status);
    },
  );

  it('prints the memo of a deposit as it came (S24-F25)', async () => {
    const wallet = walletOf(anchor);
    const { id } = await wallet.begin('deposit', { memo: hash, memo_type: 'hash' });
    expect(await wallet.find(id)).toMatchObject({ deposit_memo: hash, deposit_memo_type: 'hash' });
  });

  it('refuses a memo beside an M account (S24-19)', async () => {
    const memo = { asset_code: 'SRT', memo: '1', memo_type: 'id' };
    expect((await walletOf(anchor).post('deposit', { ...memo, account: MUXED })).status).toBe(400);
    expect((await walletOf(anchor, MUXED).post('deposit', memo)).status).toBe(400);
  });

  it('takes the old user memo of withdrawals unless it contradicts the token (S24-23, S24-P20)', async () => {
    const ask = async (subject: string, memo: string) =>
      (await walletOf(anchor, subject).post('withdraw', { asset_code: 'SRT', memo, memo_type: 'id' })).status;
    expect([await ask(ALICE, '5'), await ask(`${SHARED}:77`, '77'), await ask(`${SHARED}:77`, '78')]).toEqual(
      [200, 200, 400],
    );
  });
});

describe('SEP-24 without account creation', () => {
  const anchor = useTestAnchor({
    project: { sep24: { accountCreation: false, claimableBalances: false } },
    network: { account: async (id) => (id === BOB ? existing(id) : missing(id)) },
  });

  it('refuses a destination that does not exist (S24-17)', async () => {
    const wallet = walletOf(anchor);
    expect((await wallet.post('deposit', { asset_code: 'SRT' })).status).toBe(400);
    expect((await wallet.post('deposit', { asset_code: 'SRT', account: MUXED })).status).toBe(400);
    expect(await countTransactions(anchor)).toBe(0);
    expect((await wallet.post('deposit', { asset_code: 'SRT', account: BOB })).status).toBe(200);
    expect((await wallet.post('withdraw', { asset_code: 'SRT' })).status).toBe(200);
  });
});
