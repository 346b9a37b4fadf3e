import { describe, expect, it } from 'vitest';
import { systemIds } from '../../../src/kernel/ids.ts';
import { randomSeed } from '../../../src/stellar/keys.ts';
import { ALICE, BOB, CONTRACT, ISSUER, MUXED, SHARED, useTestAnchor } from '../../support/anchor.ts';
import { senderOf } from './client.ts';

const usdc = { sep31_enabled: 1 as const, code: 'USDC' };
const good = { amount: 100, asset_code: 'USDC', funding_method: 'SEPA' };
const long = 'x'.repeat(10_000);

/** Classes of reliability.md 6; what each parameter may never be. */
const TEXTS = [
  '',
  ' ',
  long,
  '\0',
  "' OR 1=1 --",
  '../../etc/passwd',
  '__proto__',
  [],
  {},
  [1],
  { a: 1 },
  true,
  7,
];
const BAD: Record<string, readonly unknown[]> = {
  amount: [
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
    null,
    [],
    {},
    true,
    -5,
    0,
    1e21,
    0.1234567891234567,
  ],
  asset_code: [
    ...TEXTS.filter((one) => one !== ''),
    'usdc',
    'ABCDEFGHIJKLM',
    'native',
    'XLM',
    'stellar:native',
    `USDC:${ISSUER}`,
    `stellar:USDC:${ISSUER}`,
    'iso4217:USD',
    null,
  ],
  asset_issuer: [
    ...TEXTS.filter((one) => one !== ''),
    BOB,
    `${ISSUER.slice(0, -1)}A`,
    ISSUER.toLowerCase(),
    MUXED,
    CONTRACT,
    randomSeed(systemIds),
  ],
  funding_method: [...TEXTS.filter((one) => one !== ''), 'sepa', 'SEPA ', 'SWIFT'],
  destination_asset: [
    ...TEXTS.filter((one) => one !== ''),
    'USD',
    'iso4217:usd',
    'iso4217:USDX',
    'stellar:native',
    `stellar:USDC:${ISSUER}`,
    'iso4217:BRL',
    'swift:x',
  ],
  quote_id: [...TEXTS.filter((one) => one !== ''), 'not-an-id', '6f3c9b1e-9c3f-4c62-8a0b-0d6a1f0c7a11'],
  sender_id: [...TEXTS.filter((one) => one !== ''), 'not-an-id', '6f3c9b1e-9c3f-4c62-8a0b-0d6a1f0c7a11'],
  receiver_id: [...TEXTS.filter((one) => one !== ''), 'not-an-id', '6f3c9b1e-9c3f-4c62-8a0b-0d6a1f0c7a11'],
  fields: [
    'x',
    7,
    true,
    [],
    [1],
    { transaction: 'x' },
    { transaction: [] },
    { transaction: { a: {} } },
    { transaction: { 'a b': 'x' } },
    { transaction: { a: long } },
    { transaction: { a: '\0' } },
  ],
};
const MEMOS: readonly (readonly [string, unknown])[] = [
  ['id', '-1'],
  ['id', '18446744073709551616'],
  ['id', '1.0'],
  ['id', '007'],
  ['id', ''],
  ['id', 1e20],
  ['text', 'x'.repeat(29)],
  ['text', '😀'.repeat(8)],
  ['hash', Buffer.alloc(31).toString('base64')],
  ['hash', Buffer.alloc(33).toString('base64')],
  ['hash', 'zz'],
  ['return', Buffer.alloc(32).toString('base64')],
  ['ID', '1'],
  ['', '1'],
];

describe('SEP-31 bad input', () => {
  const anchor = useTestAnchor({ assets: [usdc] });
  const sender = (subject?: string) => senderOf(anchor, subject);
  const state = async () => {
    const rows = await anchor.ctx.db.read.selectFrom('transactions').selectAll().orderBy('id').execute();
    const history = await anchor.ctx.db.read.selectFrom('transaction_history').select('id').execute();
    return JSON.stringify([rows, history.length], (_, one) => (typeof one === 'bigint' ? String(one) : one));
  };
  const refused = (answer: {
    status: number;
    text: string;
    body: Record<string, unknown>;
    headers: Headers;
  }): boolean =>
    answer.status >= 400 &&
    answer.status < 500 &&
    typeof answer.body['error'] === 'string' &&
    answer.headers.get('access-control-allow-origin') === '*' &&
    !/node_modules|\bat .*\.ts|select |insert /i.test(answer.text);

  it.each(Object.keys(BAD))(
    'POST: every class of %s is a clear 4xx that keeps nothing (S31-P01, S31-P02, S31-P04, S31-13, SC-23)',
    async (name) => {
      const before = await state();
      for (const value of BAD[name] ?? []) {
        const answer = await sender().post({ ...good, [name]: value });
        expect([value, answer.status, refused(answer)]).toEqual([value, 400, true]);
        if (typeof value === 'string' && value.startsWith('S') && value.length === 56)
          expect(answer.text).not.toContain(value);
      }
      expect(await state()).toBe(before);
    },
  );

  it('POST: refund memos that fit no type, or lack it (S31-P09, SC-27, SC-28)', async () => {
    const before = await state();
    for (const [refund_memo_type, refund_memo] of MEMOS) {
      const answer = await sender().post({ ...good, refund_memo, refund_memo_type });
      expect([refund_memo, answer.status, refused(answer)]).toEqual([refund_memo, 400, true]);
    }
    expect(await state()).toBe(before);
  });

  it('bodies that are none (S31-25, S31-27, SC-09)', async () => {
    const id = await sender().begin(good);
    const before = await state();
    const bodies: [string, string, number][] = [
      ['', 'application/json', 400],
      ['{', 'application/json', 400],
      ['[]', 'application/json', 400],
      ['"x"', 'application/json', 400],
      ['null', 'application/json', 400],
      ['{"amount":1,"amount":2}', 'application/json', 400],
      ['{"__proto__":{"amount":1}}', 'application/json', 400],
      [`${'['.repeat(10_000)}${']'.repeat(10_000)}`, 'application/json', 400],
      [JSON.stringify({ ...good, note: 'x'.repeat(60_000) }), 'application/json', 413],
      [JSON.stringify(good), 'text/plain', 415],
      [JSON.stringify(good), 'application/json; charset=latin1', 415],
      ['amount=100&asset_code=USDC', 'application/x-www-form-urlencoded', 415],
    ];
    for (const [method, path] of [
      ['POST', '/transactions'],
      ['PATCH', `/transactions/${id}`],
      ['PUT', `/transactions/${id}/callback`],
    ] as const) {
      for (const [body, type, status] of bodies) {
        const answer = await sender().send(method, path, body, type);
        expect([method, body.slice(0, 30), answer.status, refused(answer)]).toEqual([
          method,
          body.slice(0, 30),
          status,
          true,
        ]);
      }
    }
    expect(await state()).toBe(before);
  });

  it('ids that nobody has are all the same 404 (S31-17, S31-25, S31-27)', async () => {
    const absent = await sender().get('6f3c9b1e-9c3f-4c62-8a0b-0d6a1f0c7a11');
    for (const id of [
      'not-an-id',
      '%00',
      '__proto__',
      'x'.repeat(5_000),
      '%27%20OR%201=1',
      '6F3C9B1E-9C3F-4C62-8A0B-0D6A1F0C7A11',
      '💣',
    ]) {
      expect([id, (await sender().get(id)).text]).toEqual([id, absent.text]);
      expect((await sender().patch(id, { a: 'x' })).status).toBe(404);
      expect((await sender().callback(id, 'https://a.example')).status).toBe(404);
    }
  });

  it('callbacks that are not for us to call (S31-27, SC-40)', async () => {
    const id = await sender().begin(good);
    for (const url of [
      'http://a.example/',
      'ftp://a.example',
      'https://10.0.0.1/',
      'https://169.254.169.254/',
      'https://[::ffff:10.0.0.1]/',
      'https://0x0a000001/',
      'https://user@a.example/',
      'javascript:alert(1)',
      'https://',
      'x',
      long,
      null,
      [],
      {},
      true,
      7,
      ' https://a.example',
      'https://a.example/\n',
    ]) {
      expect([url, (await sender().callback(id, url)).status]).toEqual([url, 400]);
    }
    expect((await anchor.row(id)).on_change_callback).toBeNull();
  });

  it('tokens that are none are 403 before anything is looked at (S31-01, SC-12, SC-14)', async () => {
    const id = await sender().begin(good);
    const ask = (method: string, path: string, authorization?: string) =>
      anchor.request(`/sep31${path}`, {
        method,
        headers: { 'content-type': 'text/plain', ...(authorization === undefined ? {} : { authorization }) },
        ...(method === 'GET' ? {} : { body: '{' }),
      });
    const { tokensOf } = await import('../../../src/seps/shared/tokens.ts');
    const other = tokensOf(anchor.ctx).sign('interactive', { sub: ALICE, lifetimeSeconds: 60 });
    const none = [
      '',
      'Bearer',
      'Bearer x.y.z',
      'Basic abc',
      `Bearer ${other}`,
      `Bearer ${anchor.token(ALICE).slice(0, -2)}`,
      `Bearer ${'x'.repeat(100_000)}`,
    ];
    for (const [method, path] of [
      ['POST', '/transactions'],
      ['GET', `/transactions/${id}`],
      ['PATCH', `/transactions/${id}`],
      ['PUT', `/transactions/${id}/callback`],
    ] as const) {
      for (const header of [undefined, ...none]) {
        const answer = await ask(method, path, header);
        expect([method, answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([
          method,
          403,
          '*',
        ]);
      }
    }
    expect((await anchor.request('/sep31/info')).status).toBe(200);
  });

  it('every route shows nothing to any other principal, word for word (S31-17, SC-15, SC-16, SC-21)', async () => {
    const id = await sender(`${SHARED}:7`).begin(good);
    const before = await state();
    const none = '6f3c9b1e-9c3f-4c62-8a0b-0d6a1f0c7a11';
    for (const subject of [ALICE, SHARED, `${SHARED}:8`, CONTRACT, BOB]) {
      const asks = [
        (key: string) => sender(subject).get(key),
        (key: string) => sender(subject).patch(key, { a: 'x' }),
        (key: string) => sender(subject).callback(key, 'https://evil.example'),
      ];
      for (const ask of asks) {
        const [foreign, absent] = [await ask(id), await ask(none)];
        expect([subject, foreign.status, foreign.text]).toEqual([subject, 404, absent.text]);
      }
    }
    expect(await state()).toBe(before);
    // the muxed form of the same user is the same user (SC-18)
    const { joinMuxed } = await import('../../../src/kernel/strkey.ts');
    expect((await sender(joinMuxed(SHARED, '7')).get(id)).status).toBe(200);
  });

  it('preflight and methods that are not offered (SC-04, SC-05)', async () => {
    for (const path of ['/info', '/transactions', '/transactions/x', '/transactions/x/callback']) {
      const preflight = await anchor.request(`/sep31${path}`, { method: 'OPTIONS' });
      expect(preflight.status).toBe(204);
      expect(preflight.headers.get('access-control-allow-headers')).toContain('Authorization');
      expect(preflight.headers.get('access-control-allow-methods')).toContain('PATCH');
      const wrong = await anchor.request(`/sep31${path}`, { method: 'DELETE' });
      expect([wrong.status, wrong.headers.get('access-control-allow-origin')]).toEqual([405, '*']);
    }
    expect((await anchor.request('/sep31/nothing')).status).toBe(404);
  });
});

describe('SEP-31 senders', () => {
  const settings = { fundingMethods: ['SEPA'], quotesRequired: false, acceptUnverified: false };
  const listed = useTestAnchor({
    assets: [usdc],
    project: { network: 'testnet', sep31: { ...settings, senders: [SHARED] } },
  });
  const coded = useTestAnchor({
    assets: [usdc],
    project: { network: 'public', sep31: { ...settings, senders: [] } },
    integrations: { sep31: { sender: async ({ account }) => account === ALICE } },
  });
  const open = useTestAnchor({
    assets: [usdc],
    project: { network: 'testnet', sep31: { ...settings, senders: [] } },
  });

  it('are those with a contract, on every route; all others get 403 (S31-02)', async () => {
    expect((await senderOf(listed, `${SHARED}:5`).post(good)).status).toBe(201);
    expect((await senderOf(coded, ALICE).post(good)).status).toBe(201);
    for (const [anchor, subject] of [
      [listed, ALICE],
      [coded, BOB],
      [open, ALICE],
    ] as const) {
      const sender = senderOf(anchor, subject);
      for (const answer of [
        await sender.post(good),
        await sender.post('{'),
        await sender.get('x'),
        await sender.patch('x', {}),
        await sender.callback('x', 'x'),
      ]) {
        expect(answer.status).toBe(403);
      }
    }
  });
});

describe('SEP-31 and the anchor’s own word', () => {
  const seen: unknown[] = [];
  let verdict: unknown;
  const anchor = useTestAnchor({
    assets: [usdc],
    integrations: {
      sep31: {
        info: () => ({
          fields: { purpose: { description: 'Why', choices: ['gift', 'rent'], optional: true } },
        }),
        review: async (request) => {
          seen.push(request);
          return verdict as never;
        },
      },
    },
  });

  it.each([
    [undefined, 201, {}],
    [{ error: 'That bank account is restricted.' }, 400, { error: 'That bank account is restricted.' }],
    [
      { customerInfoNeeded: 'sep31-receiver' },
      400,
      { error: 'customer_info_needed', type: 'sep31-receiver' },
    ],
    [
      { transactionInfoNeeded: ['purpose'] },
      400,
      {
        error: 'transaction_info_needed',
        fields: { purpose: { description: 'Why', choices: ['gift', 'rent'], optional: true } },
      },
    ],
    [{ transactionInfoNeeded: ['other'] }, 500, {}],
    [{ nonsense: 1 }, 500, {}],
  ])('%o is %i (S31-11, S31-12, S31-13)', async (answer, status, body) => {
    verdict = answer;
    const got = await senderOf(anchor).post({ ...good, fields: { transaction: { purpose: 'gift' } } });
    expect(got.status).toBe(status);
    expect(got.body).toMatchObject(body);
    expect(seen.at(-1)).toMatchObject({
      sendingAnchor: ALICE,
      amount: '100',
      fundingMethod: 'SEPA',
      fields: { purpose: 'gift' },
    });
  });

  it('takes one of the choices only (S31-12, S31-P11)', async () => {
    verdict = undefined;
    const got = await senderOf(anchor).post({ ...good, fields: { transaction: { purpose: 'fun' } } });
    expect([got.status, got.body['error']]).toEqual([400, 'transaction_info_needed']);
  });
});
