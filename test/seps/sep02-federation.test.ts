import { describe, expect, it } from 'vitest';
import type { FederationRequest } from '../../src/config/optional-hooks.ts';
import { createApp } from '../../src/server/app.ts';
import { ALICE, BOB, MUXED, useTestAnchor } from '../support/anchor.ts';

const HASH = 'ab'.repeat(32);

describe('federation (SEP-2)', () => {
  const asked: FederationRequest[] = [];
  const anchor = useTestAnchor({
    project: { seps: [1], federation: { enabled: true } },
    integrations: {
      federation: (request) => {
        asked.push(request);
        if (request.type === 'id')
          return request.account === ALICE ? { name: 'alice', accountId: ALICE } : null;
        switch (request.name) {
          case 'alice':
            return { accountId: ALICE };
          case 'bob@example.org':
            return { accountId: BOB, memoType: 'id', memo: '18446744073709551615' };
          case 'hash':
            return { accountId: BOB, memoType: 'hash', memo: HASH };
          case 'muxed':
            return { accountId: MUXED };
          case 'half':
            return { accountId: BOB, memo: 'without its type' };
          default:
            return null;
        }
      },
    },
  });
  const faults: unknown[] = [];
  const ask = (query: Record<string, string> | string, init?: RequestInit, more = {}) =>
    createApp(
      { ...anchor.ctx, project: { ...anchor.ctx.project, ...more } },
      { onInvalidAnswer: (fault) => faults.push(fault) },
    ).request(`/federation?${new URLSearchParams(query)}`, init);

  it('answers names with account and memo, which is always text (SO-01)', async () => {
    const answer = await ask({ q: 'alice*localhost:8000', type: 'name' });
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([200, '*']);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(await answer.json()).toEqual({ stellar_address: 'alice*localhost:8000', account_id: ALICE });
    expect(await (await ask({ q: 'bob@example.org*LOCALHOST:8000', type: 'name' })).json()).toEqual({
      stellar_address: 'bob@example.org*localhost:8000',
      account_id: BOB,
      memo_type: 'id',
      memo: '18446744073709551615',
    });
    expect(await (await ask({ q: 'hash*localhost:8000', type: 'name' })).json()).toMatchObject({
      memo_type: 'hash',
      memo: Buffer.from(HASH, 'hex').toString('base64'),
    });
    expect(faults).toEqual([]);
  });

  it('answers accounts with names where the anchor tells them (SO-01)', async () => {
    const answer = await ask({ q: ALICE, type: 'id' });
    expect(await answer.json()).toEqual({ stellar_address: 'alice*localhost:8000', account_id: ALICE });
    expect((await ask({ q: BOB, type: 'id' })).status).toBe(404);
  });

  it('refuses what it cannot answer, with an error and CORS, and does not ask the anchor (SO-01)', async () => {
    asked.length = 0;
    const bad: [Record<string, string> | string, number][] = [
      [{}, 400],
      [{ q: 'alice*localhost:8000' }, 400],
      [{ type: 'name' }, 400],
      [{ q: 'alice*localhost:8000', type: 'txid' }, 400],
      [{ q: 'alice*localhost:8000', type: 'forward' }, 400],
      [{ q: 'alice', type: 'name' }, 400],
      [{ q: '*localhost:8000', type: 'name' }, 400],
      [{ q: 'al ice*localhost:8000', type: 'name' }, 400],
      [{ q: 'a*b*localhost:8000', type: 'name' }, 400],
      [{ q: 'a>b*localhost:8000', type: 'name' }, 400],
      [{ q: `${'a'.repeat(201)}*localhost:8000`, type: 'name' }, 400],
      [{ q: MUXED, type: 'id' }, 400],
      ['q=a*localhost:8000&q=b&type=name', 400],
      [{ q: 'alice*elsewhere.example', type: 'name' }, 404],
    ];
    for (const [query, status] of bad) {
      const answer = await ask(query);
      expect([query, answer.status]).toEqual([query, status]);
      expect(answer.headers.get('access-control-allow-origin')).toBe('*');
      expect(Object.keys((await answer.json()) as object)).toEqual(['error']);
    }
    expect(asked).toEqual([]);
    expect((await ask({ q: 'nobody*localhost:8000', type: 'name' })).status).toBe(404);
    expect((await ask({}, { method: 'OPTIONS' })).status).toBe(204);
    expect((await ask({}, { method: 'POST' })).status).toBe(405);
  });

  it('does not pass on what is no account or no memo (SO-01)', async () => {
    for (const name of ['muxed', 'half']) {
      const answer = await ask({ q: `${name}*localhost:8000`, type: 'name' });
      expect([name, answer.status]).toEqual([name, 500]);
      expect(await answer.text()).not.toContain(BOB);
    }
  });

  it('is named in stellar.toml, and is not there where it is not switched on (SO-01)', async () => {
    const toml = async (more = {}) => {
      const ctx = { ...anchor.ctx, project: { ...anchor.ctx.project, ...more } };
      return (await createApp(ctx).request('/.well-known/stellar.toml')).text();
    };
    expect(await toml()).toContain('FEDERATION_SERVER = "http://localhost:8000/federation"');
    const off = { federation: { enabled: false } };
    expect(await toml(off)).not.toContain('FEDERATION_SERVER');
    expect((await ask({ q: 'alice*localhost:8000', type: 'name' }, {}, off)).status).toBe(404);
  });
});
