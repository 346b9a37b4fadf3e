import { describe, expect, it } from 'vitest';
import { ALICE, BOB, useTestAnchor } from '../../support/anchor.ts';

describe('SEP-12 customer', () => {
  const anchor = useTestAnchor();
  const call = async (method: string, path: string, sub: string, body?: unknown) => {
    const answer = await anchor.request(`/kyc${path}`, {
      method,
      headers: {
        authorization: `Bearer ${anchor.token(sub)}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };

  it('lists what is needed of somebody unknown, without an id (S12-02, S12-12, S12-14)', async () => {
    const { status, body } = await call('GET', '/customer', ALICE);
    expect(status).toBe(200);
    expect(body).not.toHaveProperty('id');
    expect(body).toMatchObject({
      status: 'NEEDS_INFO',
      fields: { first_name: { type: 'string', description: 'First name' } },
    });
  });

  it('takes what is needed and keeps the id (S12-19, S12-25, S12-26)', async () => {
    const first = await call('PUT', '/customer', ALICE, { first_name: 'Ada', family_name: 'Lovelace' });
    expect(first.status).toBe(202);
    expect(await call('GET', '/customer', ALICE)).toMatchObject({
      body: { status: 'NEEDS_INFO', id: first.body['id'] },
    });
    const second = await call('PUT', '/customer', ALICE, { email_address: 'ada@example.com' });
    expect(second.body['id']).toBe(first.body['id']);
    expect(await call('GET', '/customer', ALICE)).toMatchObject({ body: { status: 'ACCEPTED' } });
    expect((await call('GET', `/customer?id=${first.body['id']}`, BOB)).status).toBe(404);
  });
});
