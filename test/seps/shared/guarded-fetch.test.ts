import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isPublicAddress } from '../../../src/seps/shared/addresses.ts';
import { createGuardedFetch } from '../../../src/seps/shared/guarded-fetch.ts';

const refused = expect.objectContaining({ code: 'ADDRESS_REFUSED', httpStatus: 400 });

describe('an address', () => {
  it('is public or not (S1-33, SC-40)', () => {
    const good = [
      '8.8.8.8',
      '1.1.1.1',
      '172.15.0.1',
      '172.32.0.1',
      '100.63.0.1',
      '100.128.0.1',
      '2606:4700::1111',
      '2a00::1',
    ];
    const bad = [
      '0.0.0.0',
      '10.0.0.1',
      '100.64.0.1',
      '100.127.255.255',
      '127.0.0.1',
      '127.1.2.3',
      '169.254.169.254',
      '172.16.0.1',
      '172.31.255.255',
      '192.0.0.1',
      '192.0.2.1',
      '192.168.1.1',
      '198.18.0.1',
      '198.51.100.1',
      '203.0.113.1',
      '224.0.0.1',
      '240.0.0.1',
      '255.255.255.255',
      '::',
      '::1',
      '::ffff:10.0.0.1',
      '::ffff:127.0.0.1',
      '::ffff:8.8.8.8',
      '::7f00:1',
      '64:ff9b::a00:1',
      '64:ff9b::808:808',
      '64:ff9b:1::1',
      '100::1',
      '2001::1',
      '2001:db8::1',
      '2002:a00:1::1',
      '3fff::1',
      'fc00::1',
      'fd12:3456::1',
      'fe80::1',
      'fec0::1',
      'ff02::1',
      'fe80::1%eth0',
      '127.1',
      '0x7f000001',
      '2130706433',
      'localhost',
      '',
    ];
    expect(good.filter((address) => !isPublicAddress(address))).toEqual([]);
    expect(bad.filter(isPublicAddress)).toEqual([]);
  });
});

describe('the guarded fetch', () => {
  const strict = (...addresses: string[]) =>
    createGuardedFetch({ allowLoopback: false, resolve: async () => addresses });

  it('fetches nothing that is not plainly public https (S1-33, SC-40)', async () => {
    const urls = [
      'http://wallet.example/',
      'ftp://wallet.example/',
      'file:///etc/passwd',
      'https://user@wallet.example/',
      'https://user:pass@wallet.example/',
      'https://wallet.example:22/',
      'https://wallet.example:8443/',
      'https://127.0.0.1/',
      'https://127.1/',
      'https://0x7f000001/',
      'https://2130706433/',
      'https://017700000001/',
      'https://[::1]/',
      'https://[::ffff:10.0.0.1]/',
      'https://169.254.169.254/latest/meta-data',
      'https://0.0.0.0/',
      'not a url',
    ];
    for (const url of urls) await expect(strict('93.184.216.34')(url)).rejects.toEqual(refused);
  });

  it('looks at every address that a name has (SC-40)', async () => {
    await expect(strict('10.0.0.1')('https://wallet.example/')).rejects.toEqual(refused);
    await expect(strict('93.184.216.34', '127.0.0.1')('https://wallet.example/')).rejects.toEqual(refused);
    await expect(strict('93.184.216.34', '::1')('https://wallet.example/')).rejects.toEqual(refused);
    await expect(strict()('https://wallet.example/')).rejects.toEqual(refused);
  });

  it('does not take a name for local because it is said to be', async () => {
    const local = createGuardedFetch({ allowLoopback: true, resolve: async () => ['127.0.0.1'] });
    await expect(local('http://wallet.example/')).rejects.toEqual(refused);
    await expect(local('https://wallet.example/')).rejects.toEqual(refused);
    const liar = createGuardedFetch({ allowLoopback: true, resolve: async () => ['10.0.0.1'] });
    await expect(liar('http://localhost/')).rejects.toEqual(refused);
  });
});

describe('the guarded fetch on a loopback host in local mode', () => {
  let server: Server;
  let base: string;
  const seen: { url: string; host: string; body: string }[] = [];
  beforeAll(async () => {
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        seen.push({ url: request.url ?? '', host: request.headers.host ?? '', body });
        if (request.url === '/redirect')
          response.writeHead(302, { location: 'http://169.254.169.254/' }).end();
        else if (request.url === '/empty') response.writeHead(204).end();
        else if (request.url === '/never') return;
        else response.writeHead(200, { 'content-type': 'text/plain' }).end('hello');
      });
    });
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
    base = `http://localhost:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    return new Promise((closed) => server.close(closed));
  });

  let looked = 0;
  const local = createGuardedFetch({
    allowLoopback: true,
    resolve: async () => {
      looked++;
      return ['127.0.0.1'];
    },
  });

  it('connects to the address that was checked, looked up once, with the name as host', async () => {
    looked = 0;
    const answer = await local(`${base}/a?b=c`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/plain');
    expect(await answer.text()).toBe('hello');
    expect(looked).toBe(1);
    expect(seen.at(-1)).toMatchObject({ url: '/a?b=c', host: base.slice('http://'.length) });
  });

  it('posts, does not follow redirects, and stops when told', async () => {
    await local(`${base}/post`, { method: 'POST', body: 'grüße' });
    expect(seen.at(-1)!.body).toBe('grüße');
    const before = seen.length;
    expect((await local(`${base}/redirect`)).status).toBe(302);
    expect(seen.length).toBe(before + 1);
    expect((await local(`${base}/empty`)).status).toBe(204);
    const abort = new AbortController();
    const waiting = local(`${base}/never`, { signal: abort.signal });
    abort.abort();
    await expect(waiting).rejects.toThrow();
  });
});
