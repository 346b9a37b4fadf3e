import type { Endpoint } from './endpoints.ts';
import { BAD, JSON_VALUES, ODD } from './values.ts';

/** One request of the table. */
export interface Case {
  name: string;
  method: string;
  path: string;
  auth: boolean;
  body: BodyInit | undefined;
  contentType: string | undefined;
  /** the parameter is always wrong: the answer must be 4xx */
  wrong: boolean;
}

type Values = Record<string, unknown>;

function place(
  endpoint: Endpoint,
  how: Endpoint['in'][number],
  values: Values,
): Pick<Case, 'path' | 'body' | 'contentType'> {
  const rest: Values = { ...values };
  let path = endpoint.path.replace(/:(\w+)/g, (_, name: string) => {
    const value = rest[name] ?? '6f3c9b1e-9c3f-4c62-8a0b-0d6a1f0c7a11';
    delete rest[name];
    // an empty or dotted segment is another address, not a parameter
    const text = String(value);
    return encodeURIComponent(text === '' || /^\.+$/.test(text) ? '%' : text);
  });
  if (how === 'json') return { path, body: JSON.stringify(rest), contentType: 'application/json' };
  const texts = Object.entries(rest).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  if (how === 'query') {
    path += `?${new URLSearchParams(texts as [string, string][])}`;
    return { path, body: undefined, contentType: undefined };
  }
  if (how === 'form') {
    return {
      path,
      body: new URLSearchParams(texts as [string, string][]).toString(),
      contentType: 'application/x-www-form-urlencoded',
    };
  }
  const form = new FormData();
  for (const [name, value] of texts as [string, string][]) form.append(name, value);
  return { path, body: form, contentType: undefined };
}

/** Every class of value on every parameter of an endpoint, one at a time, and each absent. */
export function* casesOf(endpoint: Endpoint): Generator<Case> {
  const { method, auth, good } = endpoint;
  for (const [name, kind] of Object.entries(endpoint.parameters)) {
    const bad = BAD[kind] ?? [];
    for (const how of endpoint.in) {
      const make = (value: unknown, wrong: boolean): Case => ({
        name: `${method} ${endpoint.path} ${how} ${name}=${JSON.stringify(value)?.slice(0, 60)}`,
        method,
        auth,
        ...place(endpoint, how, { ...good, [name]: value }),
        wrong,
      });
      for (const value of bad) yield make(value, true);
      for (const value of ODD) if (!bad.includes(value)) yield make(value, false);
      if (how === 'json') for (const value of JSON_VALUES) yield make(value, false);
    }
  }
}

/** Bodies that are none of what they say. */
export function* brokenBodies(endpoint: Endpoint): Generator<Case> {
  const { method, auth } = endpoint;
  if (endpoint.in.includes('query')) return;
  const path = endpoint.path.replace(/:(\w+)/g, '6f3c9b1e-9c3f-4c62-8a0b-0d6a1f0c7a11');
  const bodies: [string, string, string][] = [
    ['cut off', '{"a":', 'application/json'],
    ['not an object', '[1,2]', 'application/json'],
    ['a number', '7', 'application/json'],
    ['null', 'null', 'application/json'],
    ['a name twice', '{"asset_code":"SRT","asset_code":"USD"}', 'application/json'],
    ['deep', `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`, 'application/json'],
    ['a prototype', '{"__proto__":{"admin":true},"constructor":{"prototype":{"x":1}}}', 'application/json'],
    ['bytes', '\u0000\u0001\u0002', 'application/octet-stream'],
    ['xml', '<a/>', 'application/xml'],
    ['no boundary', 'a=b', 'multipart/form-data'],
    ['a wrong boundary', '--x\r\n', 'multipart/form-data; boundary=y'],
    ['a strange charset', 'a=b', 'application/x-www-form-urlencoded; charset=utf-7'],
    ['large', 'x'.repeat(3_000_000), 'application/x-www-form-urlencoded'],
    [
      'many names',
      Array.from({ length: 5_000 }, (_, i) => `a${i}=1`).join('&'),
      'application/x-www-form-urlencoded',
    ],
  ];
  for (const [name, body, contentType] of bodies) {
    yield {
      name: `${method} ${endpoint.path} body: ${name}`,
      method,
      auth,
      path,
      body,
      contentType,
      wrong: false,
    };
  }
}
