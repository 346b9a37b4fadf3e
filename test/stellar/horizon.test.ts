import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/kernel/clock.ts';
import { systemIds } from '../../src/kernel/ids.ts';
import { createHorizon } from '../../src/stellar/horizon.ts';
import { retryAfterOf } from '../../src/stellar/http.ts';
import { randomKeyPair } from '../../src/stellar/keys.ts';
import type { Fetch } from '../../src/stellar/port.ts';
import { recordedHttp, recordingsThere, replay } from './recordings.ts';

const PASSPHRASE = 'Standalone Network ; February 2017';
const at = (fetch: Fetch, clock = systemClock) =>
  createHorizon({
    url: 'http://h.test/',
    friendbotUrl: 'http://f.test/friendbot',
    passphrase: PASSPHRASE,
    fetch,
    clock,
  });
const someone = randomKeyPair(systemIds).publicKey;
const pathOf = (name: string) => recordedHttp(name).request.path.split(/[/?]/);
const unavailable = expect.objectContaining({ code: 'NETWORK_UNAVAILABLE', httpStatus: 503 });
const answering =
  (status: number, body: string, headers: Record<string, string> = {}): Fetch =>
  async () =>
    new Response(body, { status, headers });

describe.runIf(recordingsThere)('Horizon, as recorded from a real network', () => {
  it('tells an account with the ledger it was read at', async () => {
    const { fetch, asked } = replay('account');
    const account = await at(fetch).account(pathOf('account')[2]!);
    const body = recordedHttp('account').response.body as Record<string, string>;
    if ('missing' in account) return expect.unreachable();
    expect(account.id).toBe(body['account_id']);
    expect(account.sequence).toBe(BigInt(body['sequence']!));
    expect(account.ledger).toBe(
      Number(recordedHttp('account').response.headers.find(([n]) => n === 'Latest-Ledger')![1]),
    );
    expect(account.balances.find((b) => b.asset === 'native')!.limit).toBeNull();
    expect(account.signers.length).toBeGreaterThan(0);
    expect(asked[0]!.url.pathname).toBe(`/accounts/${account.id}`);
    expect(new Headers(asked[0]!.init.headers).get('x-client-name')).toBe('create-anchor');
    expect(new Headers(asked[0]!.init.headers).get('x-client-version')).toBeTruthy();
  });

  it('tells definitely that an account is missing (S10-51)', async () => {
    const id = pathOf('account-missing')[2]!;
    expect(await at(replay('account-missing').fetch).account(id)).toEqual({ id, missing: true, ledger: 717 });
  });

  it('reads ledgers, fees, transactions, fee bumps and pages', async () => {
    const horizon = at(replay('ledgers-desc').fetch);
    expect(await horizon.latestLedger()).toMatchObject({
      baseFee: 100n,
      baseReserve: 5_000_000n,
      protocolVersion: 19,
    });
    expect(await at(replay('fee-stats').fetch).feeStats()).toEqual({
      baseFee: 100n,
      modeFee: 100n,
      p90Fee: 100n,
      capacityUsage: 0,
    });
    const hash = pathOf('transaction')[2]!;
    expect(await at(replay('transaction').fetch).transaction(hash)).toMatchObject({ hash, successful: true });
    const bump = await at(replay('transaction-fee-bump').fetch).transaction(
      pathOf('transaction-fee-bump')[2]!,
    );
    expect(bump!.innerHash).toMatch(/^[0-9a-f]{64}$/);
    expect(bump!.innerHash).not.toBe(bump!.hash);
    expect(await at(replay('transaction-missing').fetch).transaction(hash)).toBeNull();
    expect((await at(replay('root').fetch).serverPassphrase()).length).toBeGreaterThan(5);
  });

  it('reads operations joined with their transactions, and none for an account without history', async () => {
    const { fetch, asked } = replay('operations-join-transactions');
    const operations = await at(fetch).operations(someone, '123', 500);
    expect(operations.length).toBeGreaterThan(0);
    expect(operations.every((o) => o.transaction.hash.length === 64 && o.createdAt.endsWith('Z'))).toBe(true);
    expect(asked[0]!.url.search).toBe(
      '?order=asc&limit=200&cursor=123&include_failed=false&join=transactions',
    );
    const missing = 'account-operations-missing-account';
    expect(await at(replay(missing).fetch).operations(someone, null, 10)).toEqual([]);
    expect(await at(replay(missing).fetch).lastCursor(someone)).toBeNull();
  });

  it('answers a submission: applied, refused with codes, malformed', async () => {
    const ok = await at(replay('post-ok').fetch).submit('AAAA');
    expect(ok).toMatchObject({ status: 'applied', successful: true, ledger: 718 });
    expect(await at(replay('post-transaction-failed').fetch).submit('AAAA')).toEqual({
      status: 'refused',
      transactionCode: 'tx_failed',
      operationCodes: ['op_no_trust'],
      resultXdr: 'AAAAAAAAAGT/////AAAAAQAAAAAAAAAB////+gAAAAA=',
    });
    expect(await at(replay('post-bad-auth').fetch).submit('AAAA')).toMatchObject({
      transactionCode: 'tx_bad_auth',
    });
    expect(await at(replay('post-malformed').fetch).submit('A+/=')).toMatchObject({
      transactionCode: 'tx_malformed',
    });
  });

  it('is content with friendbot when the account exists', async () => {
    await at(replay('friendbot-ok').fetch).fund(someone);
    const funded = pathOf('account')[2]!;
    await at(replay('friendbot-already-funded', 'account').fetch).fund(funded);
    const missing = at(replay('friendbot-bad-address', 'account-missing').fetch).fund(
      pathOf('account-missing')[2]!,
    );
    await expect(missing).rejects.toMatchObject({ code: 'FRIENDBOT_UNAVAILABLE' });
  });
});

describe('Horizon that answers nothing definite', () => {
  const problem = { 'content-type': 'application/problem+json' };
  const bad: [string, Fetch][] = [
    ['500', answering(500, '{}')],
    ['502 with a page', answering(502, '<html>')],
    ['504', answering(504, '{}', problem)],
    ['a gateway that says 404', answering(404, '<html>not found</html>', { 'content-type': 'text/html' })],
    [
      '404 in plain JSON',
      answering(404, '{"status":404,"type":"not_found"}', { 'content-type': 'application/json' }),
    ],
    ['404 of another problem', answering(404, '{"status":404,"type":"about:blank"}', problem)],
    ['404 cut short', answering(404, '{"status":404,"type":"x/not_f', problem)],
    ['410', answering(410, '{}', problem)],
    ['200 with a page', answering(200, '<html>')],
    ['200 with nothing', answering(200, '')],
    ['200 cut short', answering(200, '{"account_id":"G')],
    ['200 with a list', answering(200, '[]')],
    ['200 without signers', answering(200, JSON.stringify({ account_id: someone, sequence: '1' }))],
    ['a redirect', answering(302, '', { location: 'http://169.254.169.254/' })],
    [
      'no connection',
      async () => Promise.reject(new TypeError('fetch failed', { cause: { code: 'ECONNREFUSED' } })),
    ],
    [
      'an endless answer',
      async () => new Response(new ReadableStream({ pull: (c) => c.enqueue(new Uint8Array(1e6)) })),
    ],
    [
      'a connection lost in the body',
      async () => new Response(new ReadableStream({ pull: (c) => c.error(new Error('reset')) })),
    ],
  ];
  it.each(bad)('is unavailable: %s (S10-51)', async (_, fetch) => {
    await expect(at(fetch).account(someone)).rejects.toEqual(unavailable);
    await expect(at(fetch).transaction('0'.repeat(64))).rejects.toEqual(unavailable);
    await expect(at(fetch).latestLedger()).rejects.toEqual(unavailable);
    await expect(at(fetch).operations(someone, null, 1)).rejects.toEqual(unavailable);
  });
  it.each(bad)('leaves a submission unknown: %s', async (_, fetch) => {
    expect(await at(fetch).submit('AAAA')).toMatchObject({ status: 'unknown' });
  });

  it('is unavailable after the time limit, also when the body stalls', async () => {
    let slept = 0;
    const clock = {
      now: () => 0,
      sleep: async (ms: number) => {
        slept = ms;
      },
    };
    const never: Fetch = () => new Promise(() => {});
    await expect(at(never, clock).account(someone)).rejects.toEqual(unavailable);
    expect(slept).toBe(15_000);
    const stalls: Fetch = async () => new Response(new ReadableStream({}));
    await expect(at(stalls, clock).account(someone)).rejects.toEqual(unavailable);
    expect(await at(never, clock).submit('AAAA')).toMatchObject({ status: 'unknown' });
    expect(slept).toBe(40_000);
  });

  it('tells how long it asks to be left alone', async () => {
    const limited = (after: string) => at(answering(429, '', { 'retry-after': after }));
    const error = await limited('7')
      .account(someone)
      .catch((e: unknown) => e);
    expect(error).toEqual(unavailable);
    expect(retryAfterOf(error)).toBe(7000);
    expect(await limited('7').submit('AAAA')).toEqual({ status: 'throttled', retryAfterMs: 7000 });
    expect(await limited('soon').submit('AAAA')).toEqual({ status: 'throttled', retryAfterMs: null });
    const clock = { now: () => Date.UTC(2026, 0, 1), sleep: () => new Promise<void>(() => {}) };
    const dated = at(answering(429, '', { 'retry-after': 'Thu, 01 Jan 2026 00:00:05 GMT' }), clock);
    expect(await dated.submit('AAAA')).toEqual({ status: 'throttled', retryAfterMs: 5000 });
  });

  it('witnesses no ledger where it names none', async () => {
    const missing = answering(
      404,
      '{"status":404,"type":"https://stellar.org/horizon-errors/not_found"}',
      problem,
    );
    expect(await at(missing).account(someone)).toEqual({ id: someone, missing: true, ledger: 0 });
  });

  it('is not asked about nonsense', async () => {
    const never: Fetch = () => expect.unreachable();
    await expect(at(never).account('../root')).rejects.toMatchObject({ code: 'ACCOUNT_INVALID' });
    await expect(at(never).transaction('../root')).rejects.toMatchObject({ code: 'HASH_INVALID' });
    await expect(at(never).effects('1/../2')).rejects.toMatchObject({ code: 'OPERATION_ID_INVALID' });
  });
});

describe('look-ups of one account', () => {
  it('are shared while in flight and read afresh afterwards', async () => {
    let asked = 0;
    const missing = '{"status":404,"type":"https://stellar.org/horizon-errors/not_found"}';
    const fetch: Fetch = async () => {
      asked++;
      return new Response(missing, { status: 404, headers: { 'content-type': 'application/problem+json' } });
    };
    const horizon = at(fetch);
    await Promise.all(Array.from({ length: 20 }, () => horizon.account(someone)));
    expect(asked).toBe(1);
    await horizon.account(someone);
    expect(asked).toBe(2);
  });

  it('that fail are not remembered', async () => {
    let asked = 0;
    const horizon = at(async () => {
      asked++;
      return new Response('', { status: 500 });
    });
    const answers = await Promise.allSettled([horizon.account(someone), horizon.account(someone)]);
    expect(answers.map((a) => a.status)).toEqual(['rejected', 'rejected']);
    await expect(horizon.account(someone)).rejects.toEqual(unavailable);
    expect(asked).toBe(2);
  });
});
