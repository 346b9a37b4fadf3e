import { describe, expect, it } from 'vitest';
import { joinMuxed } from '../../../src/kernel/strkey.ts';
import { ALICE, BOB, CONTRACT, MUXED, SHARED, useTestAnchor } from '../../support/anchor.ts';
import { kycOf, PERSON, settings } from './kyc.ts';

const anchor = useTestAnchor({
  project: {
    customers: settings({
      types: {
        sep6: ['first_name', 'last_name', 'email_address'],
        large: [
          'first_name',
          'last_name',
          'source_of_funds',
          'sex?',
          'occupation',
          'birth_date',
          'photo_id_front',
        ],
      },
      fields: {
        source_of_funds: {
          description: { en: 'Where the money comes from', es: 'De dónde viene el dinero' },
          choices: ['salary', 'savings'],
        },
      },
    }),
  },
});
const kyc = kycOf(anchor);

describe('GET /kyc/customer', () => {
  it('needs a token, and says 401 without a good one (S12-01, SC-12)', async () => {
    for (const [method, path] of [
      ['GET', ''],
      ['PUT', ''],
      ['PUT', '/verification'],
      ['PUT', '/callback'],
      ['POST', '/files'],
      ['GET', '/files?file_id=x'],
      ['DELETE', `/${ALICE}`],
    ] as const) {
      for (const authorization of [undefined, 'Bearer x.y.z', `Basic ${ALICE}`]) {
        const answer = await kyc.send(
          method,
          path,
          authorization === undefined ? {} : { headers: { authorization } },
        );
        expect([method, path, answer.status]).toEqual([method, path, 401]);
        expect(answer.body).toEqual({ error: expect.any(String) });
        expect(answer.headers.get('access-control-allow-origin')).toBe('*');
      }
    }
  });

  it('lists what is needed of somebody unknown, without an id (S12-02, S12-11, S12-12, S12-14, S12-F03)', async () => {
    const { status, body, headers } = await kyc.get(ALICE);
    expect(status).toBe(200);
    expect(headers.get('content-type')).toContain('application/json');
    expect(body).toEqual({
      status: 'NEEDS_INFO',
      fields: {
        first_name: { type: 'string', description: expect.any(String) },
        last_name: { type: 'string', description: expect.any(String) },
        email_address: { type: 'string', description: expect.any(String) },
      },
    });
  });

  it('tells kinds, choices and what is optional (S12-14, S9-14, S9-13)', async () => {
    const { fields } = (await kyc.get(ALICE, { type: 'large' })).body as { fields: Record<string, unknown> };
    expect(fields).toMatchObject({
      source_of_funds: {
        type: 'string',
        description: 'Where the money comes from',
        choices: ['salary', 'savings'],
      },
      sex: { type: 'string', optional: true, choices: ['male', 'female', 'other'] },
      occupation: { type: 'number' },
      birth_date: { type: 'date' },
      photo_id_front: { type: 'binary' },
    });
  });

  it('speaks the language that is asked for, English otherwise (S12-22, S12-P07, SC-26)', async () => {
    const text = async (lang: string) => {
      const { fields } = (await kyc.get(BOB, { type: 'large', lang })).body as {
        fields: Record<string, { description: string }>;
      };
      return [fields['source_of_funds']?.description, fields['first_name']?.description];
    };
    const [english, spanish] = [await text('en'), await text('es-AR')];
    expect(spanish[0]).toBe('De dónde viene el dinero');
    expect(spanish[1]).not.toBe(english[1]);
    for (const strange of ['xx', '', '<script>', '__proto__', 'e'.repeat(5000)])
      expect(await text(strange)).toEqual(english);
    const all = await Promise.all(['en', 'es', 'pt', 'fr', 'id'].map(text));
    expect(new Set(all.map(([, name]) => name)).size).toBe(5);
  });

  it('refuses an unknown type (S12-20, S12-P05)', async () => {
    const { status, body } = await kyc.get(ALICE, { type: 'nonsense' });
    expect([status, typeof body['error']]).toEqual([400, 'string']);
    expect((await kyc.put(ALICE, { type: 'nonsense', ...PERSON })).status).toBe(400);
    expect((await kyc.get(ALICE)).body).not.toHaveProperty('id');
  });

  it('wants a type with a transaction, and the transaction to be the own one (S12-21, S12-P06)', async () => {
    const id = '6c1a2b1e-3c55-4f4e-8a46-0d3f0a1f7f10';
    expect((await kyc.get(ALICE, { transaction_id: id })).status).toBe(400);
    expect((await kyc.get(ALICE, { transaction_id: id, type: 'sep6' })).status).toBe(404);
    expect((await kyc.put(ALICE, { transaction_id: id, type: 'sep6', ...PERSON })).status).toBe(404);
    expect((await kyc.get(ALICE, { transaction_id: "' or 1=1", type: 'sep6' })).status).toBe(404);
  });
});

describe('PUT /kyc/customer', () => {
  it('registers once, merges and overwrites (S12-19, S12-25, S12-26, S12-F01, S12-F02)', async () => {
    const first = await kyc.put(ALICE, { first_name: 'Ada', last_name: 'Byron' });
    expect([first.status, Object.keys(first.body)]).toEqual([202, ['id']]);
    const { id } = first.body as { id: string };
    expect((await kyc.get(ALICE)).body).toMatchObject({
      id,
      status: 'NEEDS_INFO',
      fields: { email_address: { type: 'string' } },
      provided_fields: { first_name: { type: 'string', status: 'PROCESSING' } },
    });
    expect((await kyc.put(ALICE, { last_name: 'Lovelace', email_address: 'ada@example.com' })).body).toEqual({
      id,
    });
    const done = (await kyc.get(ALICE)).body;
    expect(done).toMatchObject({
      id,
      status: 'ACCEPTED',
      provided_fields: { last_name: { status: 'ACCEPTED' } },
    });
    expect(done).not.toHaveProperty('fields');
    expect((await kyc.put(ALICE, PERSON)).body).toEqual({ id });
    expect(
      await anchor.ctx.db.read.selectFrom('customers').selectAll().where('account', '=', ALICE).execute(),
    ).toHaveLength(1);
  });

  it('never echoes a value (S9-16)', async () => {
    const answer = await kyc.get(ALICE);
    for (const value of Object.values(PERSON)) expect(answer.text).not.toContain(value);
  });

  it('is found by id and by the token alone; by id alone it can be changed (S12-23, S12-24, S12-P01)', async () => {
    const { id } = (await kyc.get(ALICE)).body as { id: string };
    expect((await kyc.get(ALICE, { id, type: 'sep6' })).body).toEqual(
      (await kyc.get(ALICE, { type: 'sep6' })).body,
    );
    expect(await kyc.put(ALICE, { id, address: 'ignored' })).toMatchObject({ status: 202, body: { id } });
  });

  it('takes both names of a field as one (S9-01, S9-02)', async () => {
    const muxed = joinMuxed(SHARED, '1');
    await kyc.put(muxed, { given_name: 'Grace', family_name: 'Hopper', email_address: 'grace@example.com' });
    expect((await kyc.get(muxed)).body['status']).toBe('ACCEPTED');
    expect((await kyc.put(muxed, { given_name: 'Grace', first_name: 'Anna' })).status).toBe(400);
    expect((await kyc.put(muxed, { given_name: 'Grace', first_name: 'Grace' })).status).toBe(202);
  });

  it('takes form, multipart and JSON alike (SC-08, S12-30, S12-P08)', async () => {
    const bodies: [string, RequestInit][] = [
      ['2', { headers: { 'content-type': 'application/json' }, body: JSON.stringify(PERSON) }],
      [
        '3',
        {
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body: new URLSearchParams(PERSON).toString(),
        },
      ],
      [
        '4',
        {
          body: Object.entries(PERSON).reduce((form, [name, value]) => {
            form.set(name, value);
            return form;
          }, new FormData()),
        },
      ],
    ];
    for (const [memo, init] of bodies) {
      const sub = `${SHARED}:${memo}`;
      expect((await kyc.send('PUT', '', { sub, ...init })).status).toBe(202);
      expect((await kyc.get(sub)).body['status']).toBe('ACCEPTED');
    }
  });

  it('names the field of a bad value and keeps nothing of the request (S12-29, S12-F03)', async () => {
    const sub = `${SHARED}:5`;
    for (const [name, value] of [
      ['email_address', 'nobody'],
      ['birth_date', '2001-02-30'],
      ['sex', 'unknown'],
      ['occupation', 'sailor'],
      ['source_of_funds', 'lottery'],
      ['first_name', 'x'.repeat(1001)],
      ['photo_id_front', 'not a file'],
    ] as const) {
      const { status, body } = await kyc.put(sub, { last_name: 'Lovelace', [name]: value });
      expect([name, status]).toEqual([name, 400]);
      expect(body['error']).toContain(name);
      expect(body['error']).not.toContain(value.slice(0, 100));
    }
    expect((await kyc.get(sub)).body).not.toHaveProperty('id');
  });

  it('ignores what nobody asks for (S12-31, SC-31)', async () => {
    const sub = `${SHARED}:6`;
    const strange = {
      future_field: 'x',
      tax_id: '1',
      'card.number': 'nonsense',
      nested: { a: 1 },
      list: [1],
      future_verification: '1',
      foo_file_id: 'x',
    };
    expect((await kyc.put(sub, { ...strange, first_name: 'Ada' })).status).toBe(202);
    expect(Object.keys((await kyc.get(sub)).body['provided_fields'] as object)).toEqual(['first_name']);
  });

  it('knows statuses by type: accepted for one, more needed for another (S12-13, S12-15)', async () => {
    const large = (await kyc.get(ALICE, { type: 'large' })).body;
    expect(large['status']).toBe('NEEDS_INFO');
    expect((await kyc.get(ALICE, { type: 'sep6' })).body['status']).toBe('ACCEPTED');
    const both = await kyc.put(BOB, { type: 'sep31-sender', ...PERSON });
    expect((await kyc.get(BOB, { id: both.body['id'] as string, type: 'sep6' })).body).toMatchObject({
      status: 'ACCEPTED',
    });
  });

  it('changes of what was accepted are written down and looked at again (S12-32)', async () => {
    const { id } = (await kyc.put(BOB, { type: 'sep31-receiver', ...PERSON, bank_account_number: '1' }))
      .body as { id: string };
    expect((await kyc.get(BOB, { type: 'sep31-receiver' })).body['status']).toBe('ACCEPTED');
    await kyc.put(BOB, { type: 'sep31-receiver', bank_account_number: '2' });
    const book = await anchor.ctx.db.read
      .selectFrom('customer_history')
      .selectAll()
      .where('customer_id', '=', id)
      .orderBy('id')
      .execute();
    const last = book.slice(-3).map(({ reason, from_status, to_status }) => [reason, from_status, to_status]);
    expect(last).toEqual([
      ['sent: bank_account_number', null, null],
      ['complete', 'ACCEPTED', 'PROCESSING'],
      ['decided', 'PROCESSING', 'ACCEPTED'],
    ]);
  });
});

describe('who is meant', () => {
  it('is the login’s own account, or an error (S12-03, S12-P02)', async () => {
    expect((await kyc.get(ALICE, { account: ALICE })).status).toBe(200);
    expect((await kyc.get(ALICE, { account: BOB })).status).toBe(403);
    expect((await kyc.put(ALICE, { account: BOB, ...PERSON })).status).toBe(403);
    for (const account of ['nonsense', `${ALICE}A`, ALICE.toLowerCase(), `S${ALICE.slice(1)}`]) {
      expect((await kyc.get(ALICE, { account })).status).toBe(400);
    }
    expect((await kyc.get(CONTRACT, { account: CONTRACT })).status).toBe(200);
    expect((await kyc.get(MUXED, { account: MUXED })).status).toBe(200);
    expect((await kyc.get(`${SHARED}:77`, { account: MUXED })).status).toBe(200);
    expect((await kyc.get(`${SHARED}:78`, { account: MUXED })).status).toBe(403);
  });

  it('a memo is that of the login where it has one (S12-04, S12-07, S12-P03)', async () => {
    for (const sub of [`${SHARED}:77`, MUXED]) {
      expect((await kyc.get(sub, { memo: '77' })).status).toBe(200);
      expect((await kyc.get(sub, { memo: '77', memo_type: 'hash' })).status).toBe(200);
      expect((await kyc.get(sub, { memo: '78' })).status).toBe(403);
      expect((await kyc.put(sub, { memo: '78', ...PERSON })).status).toBe(403);
    }
  });

  it('any memo of a login without one is a customer of its own (S12-05, S12-10, S12-07, S12-P04)', async () => {
    const hash = Buffer.alloc(32, 5).toString('base64');
    const memos: Record<string, string>[] = [
      { memo: '10638330804770506835' },
      { memo: '1273187815064134326', memo_type: 'id' },
      { memo: '21bf91a4-7db1-401d-8108', memo_type: 'text' },
      { memo: hash, memo_type: 'hash' },
      { memo: '42', memo_type: 'text' },
      { memo: '42' },
      {},
    ];
    const ids = new Set<unknown>();
    for (const memo of memos) {
      const { status, body } = await kyc.put(SHARED, { ...memo, ...PERSON });
      expect(status).toBe(202);
      ids.add(body['id']);
      expect((await kyc.get(SHARED, memo)).body['id']).toBe(body['id']);
      expect((await kyc.get(SHARED, { id: body['id'] as string })).status).toBe(200);
    }
    expect(ids.size).toBe(memos.length);
    expect((await kyc.get(`${SHARED}:42`)).body['id']).toBe(
      (await kyc.get(SHARED, { memo: '42' })).body['id'],
    );
  });

  it('refuses memos that are none, and memos for contracts (S12-06, S12-07, SC-27)', async () => {
    for (const query of [
      { memo: 'abc' },
      { memo: '-1' },
      { memo: '18446744073709551616' },
      { memo: '007' },
      { memo: 'x'.repeat(29), memo_type: 'text' },
      { memo: 'short', memo_type: 'hash' },
      { memo: '1', memo_type: 'return' },
      { memo_type: 'id' },
    ] as Record<string, string>[]) {
      expect((await kyc.get(SHARED, query)).status).toBe(400);
    }
    expect((await kyc.get(CONTRACT, { memo: '1' })).status).toBe(400);
    expect((await kyc.put(CONTRACT, { memo: '1', ...PERSON })).status).toBe(400);
    expect((await kyc.put(CONTRACT, PERSON)).status).toBe(202);
  });
});

describe('the addresses', () => {
  it('answer preflight and other methods (SC-03, SC-04, SC-05)', async () => {
    for (const path of ['', '/verification', '/callback', '/files', `/${ALICE}`]) {
      const flight = await kyc.send('OPTIONS', path, {});
      expect([path, flight.status]).toEqual([path, 204]);
      expect(flight.headers.get('access-control-allow-headers')).toContain('Authorization');
      const wrong = await kyc.send('PATCH', path, {});
      expect([path, wrong.status, typeof wrong.body['error']]).toEqual([path, 405, 'string']);
    }
    expect((await kyc.send('GET', '/a/b', {})).status).toBe(404);
  });
});
