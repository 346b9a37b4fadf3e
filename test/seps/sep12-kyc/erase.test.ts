import { describe, expect, it } from 'vitest';
import { ALICE, BOB, CONTRACT, MUXED, SHARED, useTestAnchor } from '../../support/anchor.ts';
import { kycOf, PERSON, png, settings } from './kyc.ts';

const erased: unknown[] = [];
const anchor = useTestAnchor({
  integrations: {
    customers: {
      async review(_customer, ctx) {
        await ctx.data.set({ provider: 'P-1' });
        return { status: 'ACCEPTED' };
      },
      erased: (request) => {
        erased.push(request);
      },
    },
  },
  project: {
    localMode: false,
    customers: settings({ types: { sep6: ['first_name', 'last_name', 'photo_id_front?'] } }),
  },
});
const kyc = kycOf(anchor);
const TABLES = ['customers', 'customer_fields', 'customer_files', 'customer_statuses'] as const;
const rows = async () => {
  const found: unknown[] = [];
  for (const table of TABLES)
    found.push(...(await anchor.ctx.db.read.selectFrom(table).selectAll().execute()));
  return found;
};

describe('DELETE /kyc/customer/:account', () => {
  it('erases the key, the values, the files and the statuses; a second time there is nothing (S12-34, S12-35, SV-15)', async () => {
    const body = new FormData();
    for (const [name, value] of Object.entries(PERSON)) body.set(name, value);
    body.set('photo_id_front', new File([png() as Uint8Array<ArrayBuffer>], 'x'));
    const { id } = (await kyc.send('PUT', '', { sub: ALICE, body })).body as { id: string };
    await kyc.upload(ALICE, png());
    expect((await rows()).length).toBeGreaterThan(5);
    expect((await kyc.erase(ALICE, ALICE)).status).toBe(200);
    expect(await rows()).toEqual([]);
    expect(erased).toEqual([{ customerId: id, data: { provider: 'P-1' } }]);
    expect((await kyc.get(ALICE)).body).not.toHaveProperty('id');
    expect((await kyc.get(ALICE, { id })).status).toBe(404);
    expect((await kyc.erase(ALICE, ALICE)).status).toBe(404);
    const book = await anchor.ctx.db.read
      .selectFrom('customer_history')
      .selectAll()
      .where('customer_id', '=', id)
      .execute();
    expect(JSON.stringify(book)).not.toMatch(/Ada|Lovelace|G[A-Z2-7]{55}/);
    expect(book.at(-1)?.reason).toBe('erased');
  });

  it('makes a new customer with another id afterwards (S12-35)', async () => {
    const first = (await kyc.put(ALICE, PERSON)).body['id'];
    await kyc.erase(ALICE, ALICE);
    expect((await kyc.put(ALICE, PERSON)).body['id']).not.toBe(first);
  });

  it('is for the owner of the account only (S12-34, S12-03)', async () => {
    for (const [sub, account, status] of [
      [BOB, ALICE, 403],
      [`${SHARED}:78`, MUXED, 403],
      [ALICE, 'nonsense', 400],
      [ALICE, `${ALICE}x`, 400],
      [BOB, BOB, 404],
      [CONTRACT, CONTRACT, 404],
    ] as const) {
      expect([account, (await kyc.erase(sub, account)).status]).toEqual([account, status]);
    }
    expect((await kyc.get(ALICE)).body).toHaveProperty('id');
  });

  it('erases one memo only, whichever way it is named (S12-34, S12-35, S12-36)', async () => {
    for (const memo of ['1', '2', '3', '77']) await kyc.put(SHARED, { memo, ...PERSON });
    await kyc.put(SHARED, PERSON);
    const left = async () => {
      const found = await anchor.ctx.db.read
        .selectFrom('customers')
        .select('memo')
        .where('account', '=', SHARED)
        .execute();
      return found.map(({ memo }) => memo).sort();
    };
    expect((await kyc.erase(SHARED, SHARED, { memo: '1', memo_type: 'id' })).status).toBe(200);
    expect(await left()).toEqual(['2', '3', '77', null].sort());
    expect((await kyc.erase(`${SHARED}:2`, SHARED)).status).toBe(200);
    expect((await kyc.erase(MUXED, MUXED)).status).toBe(200);
    expect((await kyc.erase(`${SHARED}:3`, SHARED, { memo: '4' })).status).toBe(403);
    expect(await left()).toEqual(['3', null].sort());
    expect((await kyc.erase(SHARED, SHARED)).status).toBe(200);
    expect(await left()).toEqual(['3']);
    expect((await kyc.erase(SHARED, SHARED)).status).toBe(404);
    expect((await kyc.erase(SHARED, SHARED, { memo: 'x', memo_type: 'id' })).status).toBe(400);
  });
});

describe('PUT /kyc/customer/callback', () => {
  it('keeps the last address of a customer (S12-37, S12-P09)', async () => {
    const url = async () =>
      (
        await anchor.ctx.db.read
          .selectFrom('customers')
          .select('callback_url')
          .where('account', '=', BOB)
          .executeTakeFirst()
      )?.callback_url;
    expect((await kyc.put(BOB, { url: 'https://wallet.example/kyc' }, '/callback')).status).toBe(404);
    const { id } = (await kyc.put(BOB, { first_name: 'Bob' })).body as { id: string };
    expect((await kyc.put(BOB, { url: 'https://wallet.example/kyc' }, '/callback')).status).toBe(200);
    expect((await kyc.put(BOB, { id, url: 'https://wallet.example/other' }, '/callback')).status).toBe(200);
    expect(await url()).toBe('https://wallet.example/other');
    expect((await kyc.put(ALICE, { id, url: 'https://evil.example/' }, '/callback')).status).toBe(404);
    expect((await kyc.put(BOB, {}, '/callback')).status).toBe(400);
    expect(await url()).toBe('https://wallet.example/other');
  });

  it('takes public https addresses only (S12-P09, SC-40)', async () => {
    for (const url of [
      'http://wallet.example/kyc',
      'ftp://wallet.example/',
      'https://user:password@wallet.example/',
      'https://10.0.0.1/',
      'https://169.254.169.254/latest/meta-data',
      'https://[::1]/x',
      'https://[::ffff:10.0.0.1]/',
      'javascript:alert(1)',
      'https://',
      'wallet.example',
      `https://wallet.example/${'a'.repeat(3000)}`,
    ]) {
      expect([url, (await kyc.put(BOB, { url }, '/callback')).status]).toEqual([url, 400]);
    }
  });
});
