import { beforeAll, describe, expect, it } from 'vitest';
import { joinMuxed } from '../../../src/kernel/strkey.ts';
import { tokensOf } from '../../../src/seps/shared/tokens.ts';
import { ALICE, CONTRACT, MUXED, SHARED, useTestAnchor } from '../../support/anchor.ts';
import { type Answer, kycOf, PERSON, png, settings } from './kyc.ts';

// Whoever is not the owner gets, byte for byte, what is answered for something that does not exist.

const anchor = useTestAnchor({
  project: {
    customers: settings({
      types: { sep6: ['first_name', 'last_name', 'email_address', 'photo_id_front?'] },
      fields: { email_address: { verify: true } },
    }),
  },
});
const kyc = kycOf(anchor);
const NOBODY = '00000000-0000-4000-8000-000000000000';
const OWNER = `${SHARED}:77`;
const STRANGERS = {
  'another account': ALICE,
  'another memo': `${SHARED}:78`,
  'another muxed id': joinMuxed(SHARED, '78'),
  'no memo': SHARED,
  'a contract': CONTRACT,
};
const ROUTES: Record<string, (sub: string, id: string) => Promise<Answer>> = {
  'GET by id': (sub, id) => kyc.get(sub, { id }),
  'GET by id and type': (sub, id) => kyc.get(sub, { id, type: 'sep6' }),
  'PUT by id': (sub, id) => kyc.put(sub, { id, first_name: 'Mallory' }),
  'PUT by id with a file': (sub, id) => {
    const body = new FormData();
    body.set('id', id);
    body.set('photo_id_front', new File([png() as Uint8Array<ArrayBuffer>], 'x'));
    return kyc.send('PUT', '', { sub, body });
  },
  'PUT a code': (sub, id) => kyc.put(sub, { id, email_address_verification: '123456' }),
  'PUT /verification': (sub, id) =>
    kyc.put(sub, { id, email_address_verification: '123456' }, '/verification'),
  'PUT /callback': (sub, id) => kyc.put(sub, { id, url: 'https://evil.example/' }, '/callback'),
};

let id = '';
beforeAll(async () => {
  id = (await kyc.put(OWNER, PERSON)).body['id'] as string;
});

const everything = async () =>
  JSON.stringify([
    await anchor.ctx.db.read.selectFrom('customers').selectAll().execute(),
    await anchor.ctx.db.read.selectFrom('customer_fields').selectAll().execute(),
    await anchor.ctx.db.read.selectFrom('customer_statuses').selectAll().execute(),
  ]);

describe('customers of others', () => {
  for (const [who, sub] of Object.entries(STRANGERS)) {
    it(`are not there for ${who} (S12-08, S12-09, SC-15, SC-16, SC-21)`, async () => {
      const before = await everything();
      for (const [route, call] of Object.entries(ROUTES)) {
        const foreign = await call(sub, id);
        const absent = await call(sub, NOBODY);
        expect([route, foreign.status, foreign.text]).toEqual([route, 404, absent.text]);
        expect([...foreign.headers]).toEqual([...absent.headers]);
        for (const strange of ['x', "' or 1=1", '../..', '__proto__', 'a'.repeat(150), id.toUpperCase()]) {
          expect([route, strange, (await call(sub, strange)).text]).toEqual([route, strange, absent.text]);
        }
      }
      expect(await everything()).toBe(before);
    });
  }

  it('are there for the owner, by memo and by the M address of the same id (S12-23, SC-18, SV-14)', async () => {
    for (const sub of [OWNER, MUXED]) expect((await kyc.get(sub, { id })).body['id']).toBe(id);
    expect((await kyc.get(SHARED, { memo: '77' })).body['id']).toBe(id);
    expect((await kyc.get(SHARED, { memo: '77', id })).body['id']).toBe(id);
    expect((await kyc.get(SHARED, { memo: '78', id })).status).toBe(404);
  });

  it('tokens of other kinds open nothing (SC-14)', async () => {
    for (const purpose of ['interactive', 'more_info', 'web'] as const) {
      const token = tokensOf(anchor.ctx).sign(purpose, { sub: OWNER, lifetimeSeconds: 600 });
      for (const method of ['GET', 'PUT']) {
        const answer = await kyc.send(method, '', { headers: { authorization: `Bearer ${token}` } });
        expect([purpose, answer.status]).toEqual([purpose, 401]);
      }
    }
  });
});
