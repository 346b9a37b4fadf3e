import { describe, expect, it } from 'vitest';
import { ALICE, BOB, SHARED, useTestAnchor } from '../../support/anchor.ts';
import { kycOf, PERSON, settings } from './kyc.ts';

// The classes of bad input on every parameter: a correct 4xx, no 5xx, nothing kept.

const anchor = useTestAnchor({
  project: {
    customers: settings({
      types: {
        sep6: [
          'first_name',
          'birth_date',
          'address_country_code',
          'mobile_number',
          'ip_address',
          'photo_id_front?',
        ],
      },
    }),
  },
});
const kyc = kycOf(anchor);

const ACCOUNTS = [
  `${ALICE.slice(0, -1)}A`,
  ALICE.slice(0, 55),
  `${ALICE}A`,
  ALICE.toLowerCase(),
  `S${ALICE.slice(1)}`,
  ALICE.replace('A', 'Ａ'),
  'native',
  '\0',
  'M'.repeat(69),
  `C${ALICE.slice(1)}`,
  '../../etc/passwd',
  "' or 1=1 --",
  'G'.repeat(10_000),
];
const MEMOS = [
  '-1',
  '18446744073709551616',
  '1.0',
  '007',
  '1e3',
  ' 1',
  '０',
  'x',
  'return',
  "'",
  '\0',
  'NaN',
  '9'.repeat(5_000),
];
const IDS = ['x', '0', "' or 1=1", '../', '__proto__', '\0', 'a'.repeat(10_000), '🙂'];
const TYPES = [
  '',
  ' ',
  'SEP6',
  'sep6 ',
  '__proto__',
  'constructor',
  "' or 1=1",
  '\0',
  'x'.repeat(10_000),
  '🙂',
];
const DATES = [
  '2001-02-30',
  '2001-2-3',
  '01/02/2003',
  '2001-02-03T00:00:00Z',
  '0',
  'today',
  '２００１-02-03',
  '9999-99-99',
];
const VALUES: Record<string, readonly string[]> = {
  birth_date: DATES,
  address_country_code: ['BR', 'bra', 'Brazil', 'ZZZ', '076', 'ＢRA'],
  mobile_number: [
    '4155550123',
    '+',
    '+0123456789',
    '+1 415 555 0123',
    '+1415555012345678',
    '00141555501',
    'tel:+14155550123',
  ],
  ip_address: ['256.1.1.1', '1.2.3', '::g', 'localhost', '1.2.3.4/8'],
  first_name: ['a\0b', 'a\nb', 'x'.repeat(1_001), '\u0007', 'a'.repeat(40_000)],
  photo_id_front: ['data:image/png;base64,iVBORw0KGgo=', 'file_1', 'x'],
  photo_id_front_file_id: ['file_1', '../../x', "' or 1=1", '\0', 'x'.repeat(10_000)],
};

async function refused(
  what: unknown,
  answer: { status: number; body: Record<string, unknown>; text: string },
  ...allowed: number[]
) {
  expect([what, allowed.includes(answer.status) ? 'refused' : answer.status]).toEqual([what, 'refused']);
  expect(typeof answer.body['error']).toBe('string');
  expect(answer.text.length).toBeLessThan(600);
  expect(answer.text).not.toMatch(/sqlite|select |at .*\.ts|S[A-Z2-7]{55}/i);
}
const registered = async () =>
  (await anchor.ctx.db.read.selectFrom('customers').select('id').execute()).length;

describe('bad input to SEP-12', () => {
  it('in the account, the memo, the id and the type is refused everywhere (S12-03, S12-07, S12-08, S12-20)', async () => {
    const tables: [string, readonly string[], number[]][] = [
      ['account', ACCOUNTS, [400, 403]],
      ['memo', MEMOS, [400]],
      ['id', IDS, [400, 404]],
      ['type', TYPES.filter((type) => type !== ''), [400]],
      ['memo_type', ['ID', 'return', '\0', 'x'.repeat(999)], [400]],
      ['transaction_id', IDS, [400, 404]],
    ];
    for (const [name, values, allowed] of tables) {
      for (const value of values) {
        const params = {
          [name]: value,
          ...(name === 'transaction_id' ? { type: 'sep6' } : {}),
          ...(name === 'memo_type' ? { memo: '1' } : {}),
        };
        await refused([name, value], await kyc.get(SHARED, params), ...allowed);
        await refused([name, value], await kyc.put(SHARED, { ...params, first_name: 'Ada' }), ...allowed);
        if (name === 'type' || name === 'transaction_id') continue;
        await refused(
          [name, value],
          await kyc.put(SHARED, { ...params, url: 'https://wallet.example/' }, '/callback'),
          ...allowed,
        );
        await refused(
          [name, value],
          await kyc.put(SHARED, { ...params, first_name_verification: '1' }, '/verification'),
          ...allowed,
          404,
        );
        if (name === 'id') continue;
        await refused([name, value], await kyc.erase(SHARED, SHARED, params), ...allowed, 404);
      }
    }
    for (const account of ACCOUNTS)
      await refused(account, await kyc.erase(SHARED, encodeURIComponent(account)), 400, 403, 404);
    expect(await registered()).toBe(0);
  });

  it('in a field is refused by the field’s name (S12-29, S9-03, S9-11)', async () => {
    for (const [name, values] of Object.entries(VALUES)) {
      for (const value of values) {
        const answer = await kyc.put(BOB, { ...PERSON, [name]: value });
        await refused([name, value], answer, 400);
        expect(answer.body['error']).toContain(name);
      }
    }
    expect(await registered()).toBe(0);
  });

  it('in the body is refused before anything is looked at (SC-08, SC-09)', async () => {
    const json = { 'content-type': 'application/json' };
    const bodies: [string, RequestInit][] = [
      ['no JSON', { headers: json, body: '{' }],
      ['a list', { headers: json, body: '[]' }],
      ['null', { headers: json, body: 'null' }],
      ['a key twice', { headers: json, body: '{"memo":"1","memo":"2"}' }],
      ['a number that is rounded', { headers: json, body: '{"memo":10638330804770506835}' }],
      ['a memo as an object', { headers: json, body: '{"memo":{"a":1}}' }],
      ['a prototype', { headers: json, body: '{"__proto__":"x"}' }],
      ['depth', { headers: json, body: `{"first_name":${'['.repeat(20_000)}` }],
      ['too large', { headers: json, body: JSON.stringify({ first_name: 'x'.repeat(60_000) }) }],
      ['xml', { headers: { 'content-type': 'text/xml' }, body: '<a/>' }],
      ['another charset', { headers: { 'content-type': 'application/json; charset=utf-16' }, body: '{}' }],
      ['bad UTF-8', { headers: json, body: new Uint8Array([0x7b, 0xff, 0x7d]) }],
      ['no boundary', { headers: { 'content-type': 'multipart/form-data' }, body: 'x' }],
      [
        'a form twice',
        {
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body: 'first_name=a&first_name=b',
        },
      ],
    ];
    for (const [what, init] of bodies) {
      for (const [method, path] of [
        ['PUT', ''],
        ['PUT', '/verification'],
        ['PUT', '/callback'],
        ['DELETE', `/${ALICE}`],
      ] as const) {
        await refused(
          [what, method, path],
          await kyc.send(method, path, { sub: ALICE, ...init }),
          400,
          404,
          413,
          415,
        );
      }
    }
    expect(await registered()).toBe(0);
  });

  it('twice in the query is refused (SC-21)', async () => {
    for (const query of ['memo=1&memo=2', 'id=a&id=b', 'type=sep6&type=sep6', '__proto__=1']) {
      await refused(query, await kyc.send('GET', `?${query}`, { sub: SHARED }), 400);
    }
  });
});
