import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { silentLog } from '../../../src/kernel/log.ts';
import { closeRoute, guarded, json } from '../../../src/seps/shared/answers.ts';
import { readBody, readForm, readQuery } from '../../../src/seps/shared/body.ts';
import { allowPreflight } from '../../../src/seps/shared/cors.ts';

const app = new Hono();
app.post(
  '/',
  guarded(silentLog, async (c) => json(await readBody(c, { names: ['a', 'b'] }))),
);
app.get(
  '/',
  guarded(silentLog, (c) => json(readQuery(c))),
);
app.post(
  '/strict',
  guarded(silentLog, async (c) => json(await readBody(c))),
);
app.post(
  '/files',
  guarded(silentLog, async (c) => {
    const form = await readForm(c);
    return json({ fields: form.fields, files: [...form.files.keys()] });
  }),
);
allowPreflight(app, '/');
closeRoute(app, '/', 'GET and POST');

const post = (body: BodyInit, type?: string, path = '/') =>
  app.request(path, {
    method: 'POST',
    body,
    ...(type === undefined ? {} : { headers: { 'content-type': type } }),
  });
const JSON_TYPE = 'application/json';
const FORM_TYPE = 'application/x-www-form-urlencoded';

async function expectError(answer: Response, status: number) {
  expect(answer.status).toBe(status);
  expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  expect(answer.headers.get('content-type')).toContain('application/json');
  expect(typeof (await answer.json()).error).toBe('string');
}

describe('bodies', () => {
  it('are the same as JSON, urlencoded and multipart (SC-08)', async () => {
    const form = new FormData();
    form.set('a', 'x +&ü');
    form.set('b', '1.5');
    const expected = { a: 'x +&ü', b: '1.5' };
    expect(await (await post(JSON.stringify({ a: 'x +&ü', b: 1.5 }), JSON_TYPE)).json()).toEqual(expected);
    expect(await (await post(new URLSearchParams(expected).toString(), FORM_TYPE)).json()).toEqual(expected);
    expect(await (await post(form)).json()).toEqual(expected);
    expect(await (await post('{"a":"x"}', 'Application/JSON; charset=UTF-8')).json()).toEqual({ a: 'x' });
  });

  it('that are absent are empty', async () => {
    expect(await (await app.request('/', { method: 'POST' })).json()).toEqual({});
    expect(await (await post('', FORM_TYPE)).json()).toEqual({});
  });

  it('of another type, charset or form are refused in JSON with CORS (SC-02, SC-09)', async () => {
    await expectError(await post('x', 'text/plain'), 415);
    await expectError(await post('<a/>', 'application/xml'), 415);
    await expectError(await post('{}', 'application/json; charset=utf-16'), 415);
    await expectError(await post(Buffer.from('{}')), 415);
    for (const bad of ['', '{', 'null', '[]', '"a"', '1', '{"a":}', '{a:1}', '\u0000', '{"a":1}x']) {
      await expectError(await post(bad, JSON_TYPE), 400);
    }
    await expectError(await post(Buffer.from([0x7b, 0xff, 0x7d]), JSON_TYPE), 400);
    await expectError(await post('x', 'multipart/form-data'), 400);
    await expectError(await post('x', 'multipart/form-data; boundary=y'), 400);
  });

  it('that name a parameter twice are refused', async () => {
    await expectError(await post('{"a":"1","a":"2"}', JSON_TYPE), 400);
    await expectError(await post('{"a":"1","\\u0061":"2"}', JSON_TYPE), 400);
    await expectError(await post('a=1&a=2', FORM_TYPE), 400);
    const form = new FormData();
    form.append('a', '1');
    form.append('a', '2');
    await expectError(await post(form), 400);
    await expectError(await app.request('/?a=1&a=2'), 400);
    expect(await (await post('{"a":"\\"a\\":\\\\","b":"{\\"a\\":1}"}', JSON_TYPE)).json()).toEqual({
      a: '"a":\\',
      b: '{"a":1}',
    });
  });

  it('that name a prototype key are refused', async () => {
    for (const name of ['__proto__', 'constructor', 'prototype']) {
      await expectError(await post(`{"${name}":"1"}`, JSON_TYPE), 400);
      await expectError(await post(`${name}=1`, FORM_TYPE), 400);
      await expectError(await app.request(`/?${name}=1`), 400);
    }
    expect(Object.hasOwn(Object.prototype, 'a')).toBe(false);
  });

  it('with numbers that lost digits are refused, others are exact (SC-22, SC-28)', async () => {
    expect(await (await post('{"a":9007199254740991,"b":100.25}', JSON_TYPE)).json()).toEqual({
      a: '9007199254740991',
      b: '100.25',
    });
    for (const number of ['10638330804770506835', '9007199254740993', '12345678901.1234567', '1e400']) {
      await expectError(await post(`{"a":${number}}`, JSON_TYPE), 400);
    }
  });

  it('may hold unknown parameters of any shape, known ones must be plain (SC-31)', async () => {
    expect(await (await post('{"a":"1","c":{"d":[1]},"e":null,"b":true}', JSON_TYPE)).json()).toEqual({
      a: '1',
      b: 'true',
    });
    for (const value of ['{}', '[]', '["x"]']) {
      await expectError(await post(`{"a":${value}}`, JSON_TYPE), 400);
      await expectError(await post(`{"z":${value}}`, JSON_TYPE, '/strict'), 400);
    }
  });

  it('that are too large are refused, with and without a length', async () => {
    const large = JSON.stringify({ a: 'x'.repeat(50_000) });
    await expectError(await post(large, JSON_TYPE), 413);
    const declared = { 'content-type': JSON_TYPE, 'content-length': '99999999' };
    await expectError(await app.request('/', { method: 'POST', body: '{}', headers: declared }), 413);
    const stream = new ReadableStream({
      pull(controller) {
        controller.enqueue(new Uint8Array(10_000));
      },
    });
    const init = { method: 'POST', body: stream, duplex: 'half', headers: { 'content-type': JSON_TYPE } };
    await expectError(await app.request('/', init as RequestInit), 413);
  });

  it('as deep as the size allows are refused without a fault', async () => {
    await expectError(await post(`{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}`, JSON_TYPE), 400);
    await expectError(await post('['.repeat(49_000), JSON_TYPE), 400);
  });

  it('may carry files beside fields, in any order (SC-10)', async () => {
    const form = new FormData();
    form.set('photo', new File([Buffer.alloc(10)], 'x.png'));
    form.set('a', '1');
    const answer = await app.request('/files', { method: 'POST', body: form });
    expect(await answer.json()).toEqual({ fields: { a: '1' }, files: ['photo'] });
  });
});

describe('every route', () => {
  it('answers the preflight and refuses other methods with CORS (SC-04, SC-05, SC-06)', async () => {
    const answer = await app.request('/', { method: 'OPTIONS' });
    expect(answer.status).toBe(204);
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
    expect(answer.headers.get('access-control-allow-headers')).toMatch(/Authorization, Content-Type/);
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
      expect(answer.headers.get('access-control-allow-methods')).toContain(method);
    }
    await expectError(await app.request('/', { method: 'PUT', body: '{}' }), 405);
  });
});
