import { describe, expect, it } from 'vitest';
import { ALICE, BOB, SHARED, useTestAnchor } from '../../support/anchor.ts';
import { kycOf, settings } from './kyc.ts';

const sent: { field: string; code: string; value: string; lang: string }[] = [];
const anchor = useTestAnchor({
  integrations: {
    customers: {
      sendCode: ({ field, code, value, lang }) => {
        sent.push({ field, code, value, lang });
      },
    },
  },
  project: {
    customers: settings({
      types: { sep6: ['first_name', 'mobile_number'] },
      fields: { mobile_number: { verify: true } },
    }),
  },
});
const kyc = kycOf(anchor);
const PHONE = { mobile_number: '+14155550123' };
const last = () => sent.at(-1)?.code ?? '';
const wrong = () => (last() === '111111' ? '222222' : '111111');

describe('fields that are confirmed with a code', () => {
  it('wait for it, and the customer with them (S12-17, S12-14, S12-F04)', async () => {
    expect((await kyc.put(ALICE, { first_name: 'Ada', ...PHONE, lang: 'fr' })).status).toBe(202);
    expect(sent).toEqual([
      {
        field: 'mobile_number',
        code: expect.stringMatching(/^\d{6}$/),
        value: PHONE.mobile_number,
        lang: 'fr',
      },
    ]);
    expect((await kyc.get(ALICE)).body).toMatchObject({
      status: 'NEEDS_INFO',
      fields: {},
      message: expect.any(String),
      provided_fields: {
        mobile_number: { type: 'string', description: expect.any(String), status: 'VERIFICATION_REQUIRED' },
      },
    });
  });

  it('refuse a wrong code, and take the right one with a PUT (S12-27)', async () => {
    expect(await kyc.put(ALICE, { mobile_number_verification: wrong() })).toMatchObject({
      status: 400,
      body: { error: expect.any(String) },
    });
    expect((await kyc.get(ALICE)).body['status']).toBe('NEEDS_INFO');
    expect((await kyc.put(ALICE, { mobile_number_verification: last() })).status).toBe(202);
    expect((await kyc.get(ALICE)).body).toMatchObject({
      status: 'ACCEPTED',
      provided_fields: { mobile_number: { status: 'ACCEPTED' } },
    });
    expect((await kyc.put(ALICE, { mobile_number_verification: last() })).status).toBe(202);
  });

  it('are sent no second code for the same value, and a new one for another (S12-25)', async () => {
    const before = sent.length;
    await kyc.put(ALICE, PHONE);
    expect(sent.length).toBe(before);
    await kyc.put(ALICE, { mobile_number: '+14155550124' });
    expect(sent.length).toBe(before + 1);
    expect((await kyc.get(ALICE)).body['status']).toBe('NEEDS_INFO');
  });

  it('are taken at the old address too, which answers as GET does (S12-33)', async () => {
    const { id } = (await kyc.get(ALICE)).body as { id: string };
    expect((await kyc.put(ALICE, { id, mobile_number_verification: wrong() }, '/verification')).status).toBe(
      400,
    );
    expect((await kyc.put(ALICE, { id }, '/verification')).status).toBe(400);
    expect((await kyc.put(BOB, { id, mobile_number_verification: last() }, '/verification')).status).toBe(
      404,
    );
    expect((await kyc.put(BOB, { mobile_number_verification: last() }, '/verification')).status).toBe(404);
    const done = await kyc.put(
      ALICE,
      { id, mobile_number_verification: last(), first_name: 'Eve' },
      '/verification',
    );
    expect(done).toMatchObject({ status: 200, body: { id, status: 'ACCEPTED' } });
    expect(done.body).toEqual((await kyc.get(ALICE)).body);
  });

  it('cannot be guessed: five tries a code, half an hour, few codes a day (S12-27)', async () => {
    const sub = `${SHARED}:1`;
    await kyc.put(sub, PHONE);
    for (let at = 0; at < 5; at++)
      expect((await kyc.put(sub, { mobile_number_verification: wrong() })).status).toBe(400);
    expect((await kyc.put(sub, { mobile_number_verification: last() })).status).toBe(400);
    await kyc.put(sub, PHONE);
    expect((await kyc.put(sub, { mobile_number_verification: last() })).status).toBe(400);
    anchor.clock.advance(61_000);
    await kyc.put(sub, PHONE);
    anchor.clock.advance(31 * 60_000);
    expect((await kyc.put(sub, { mobile_number_verification: last() })).status).toBe(400);
    await kyc.put(sub, PHONE);
    expect((await kyc.put(sub, { mobile_number_verification: last() })).status).toBe(202);
    const tries = await Promise.all(
      Array.from(
        { length: 12 },
        async (_, at) => (await kyc.put(`${SHARED}:2`, { mobile_number: `+1415555${1000 + at}` })).status,
      ),
    );
    expect(tries.filter((status) => status === 400)).toHaveLength(2);
  });

  it('a code for nobody, or for a field without one, is refused or ignored (S12-27, S12-31)', async () => {
    expect((await kyc.put(BOB, { mobile_number_verification: '123456' })).status).toBe(400);
    expect((await kyc.get(BOB)).body).not.toHaveProperty('id');
    expect((await kyc.put(BOB, { strange_verification: '123456', first_name: 'Bob' })).status).toBe(202);
  });
});
