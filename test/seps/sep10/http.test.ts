import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { createAdaptorServer, type ServerType } from '@hono/node-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sep10 } from '../../../src/seps/sep10-auth/index.ts';
import { type TestAnchor, testAnchor } from '../anchor.ts';
import { challengeFor, signed, testKey } from '../wallet.ts';

// What only a real socket shows: chunked bodies, compressed ones, repeated headers, methods.

let anchor: TestAnchor;
let server: ServerType;
let port: number;
const client = testKey();

beforeAll(async () => {
  anchor = await testAnchor();
  server = createAdaptorServer({ fetch: sep10.routes(anchor.ctx).fetch });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  port = (server.address() as AddressInfo).port;
});
afterAll(async () => {
  await new Promise((closed) => server.close(closed));
  await anchor.close();
});

interface Sent {
  method: string;
  headers?: Record<string, string | string[]>;
  chunks?: (string | Buffer)[];
  path?: string;
}

function send({ method, headers = {}, chunks = [], path = '/auth' }: Sent) {
  return new Promise<{ status: number; origin: string | undefined; body: string }>((done, failed) => {
    const sent = httpRequest({ port, host: '127.0.0.1', method, path, headers, agent: false }, (answer) => {
      let body = '';
      answer.on('data', (chunk) => {
        body += chunk;
      });
      answer.once('end', () =>
        done({ status: answer.statusCode ?? 0, origin: answer.headers['access-control-allow-origin'], body }),
      );
    });
    sent.once('error', failed);
    for (const chunk of chunks) sent.write(chunk);
    sent.end();
  });
}

const transaction = async () =>
  signed(
    await challengeFor(sep10.routes(anchor.ctx), { account: client.publicKey }),
    anchor.sandbox.passphrase,
    client,
  );
const JSON_TYPE = { 'content-type': 'application/json' };

describe('POST /auth over a socket', () => {
  it('takes a body in chunks, without a length (S10-30)', async () => {
    const text = JSON.stringify({ transaction: await transaction() });
    const answer = await send({
      method: 'POST',
      headers: JSON_TYPE,
      chunks: [text.slice(0, 100), text.slice(100)],
    });
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body)).toHaveProperty('token');
  });

  it('stops reading a body that is too large (S10-33)', async () => {
    const answer = await send({
      method: 'POST',
      headers: JSON_TYPE,
      chunks: Array(60).fill('x'.repeat(1000)),
    });
    expect(answer.status).toBe(400);
    expect(answer.origin).toBe('*');
  });

  it('does not unpack what is compressed (S10-32)', async () => {
    const packed = gzipSync(JSON.stringify({ transaction: await transaction() }));
    const headers = { ...JSON_TYPE, 'content-encoding': 'gzip' };
    expect((await send({ method: 'POST', headers, chunks: [packed] })).status).toBe(400);
  });

  it('answers other methods with 405 and OPTIONS with 204, with CORS (S10-65)', async () => {
    for (const method of ['PUT', 'PATCH', 'DELETE']) {
      expect(await send({ method })).toMatchObject({ status: 405, origin: '*' });
    }
    expect(await send({ method: 'OPTIONS' })).toMatchObject({ status: 204, origin: '*' });
    const headers = { 'x-http-method-override': 'POST' };
    expect((await send({ method: 'GET', headers })).status).toBe(400);
  });
});

describe('GET /auth over a socket', () => {
  it('does not care for long or odd headers', async () => {
    const path = `/auth?account=${client.publicKey}`;
    const headers = { 'accept-language': 'x'.repeat(8000), origin: 'null', 'x-forwarded-for': '127.0.0.1' };
    expect(await send({ method: 'GET', path, headers })).toMatchObject({ status: 200, origin: '*' });
  });
});
