import { crc32, deflateSync } from 'node:zlib';
import { readCustomers } from '../../../src/config/customers.ts';
import { Faults } from '../../../src/config/faults.ts';
import type { CustomersIntegration } from '../../../src/config/integrations.ts';
import type { CustomerSettings } from '../../../src/config/project.ts';
import type { TestAnchor } from '../../support/anchor.ts';

/** Settings as `[customers]` of anchor.toml and code would make them. */
export function settings(
  toml: unknown = {},
  code: CustomersIntegration = {},
  more: Partial<CustomerSettings> = {},
): CustomerSettings {
  const faults = new Faults();
  const rules = readCustomers(toml, code, faults);
  faults.throwIfAny();
  return { ...rules, maxFileBytes: 10_000_000, maxFiles: 50, ...more };
}

export interface Answer {
  status: number;
  body: Record<string, unknown>;
  headers: Headers;
  text: string;
}

export interface Kyc {
  get(sub: string, query?: Record<string, string>, path?: string): Promise<Answer>;
  put(sub: string, body: Record<string, unknown>, path?: string): Promise<Answer>;
  erase(sub: string, account: string, body?: Record<string, unknown>): Promise<Answer>;
  send(method: string, path: string, init: RequestInit & { sub?: string }): Promise<Answer>;
  upload(sub: string, bytes: Uint8Array, type?: string): Promise<Answer>;
}

export function kycOf(anchor: TestAnchor): Kyc {
  const send: Kyc['send'] = async (method, path, { sub, ...init }) => {
    const headers = new Headers(init.headers);
    if (sub !== undefined) headers.set('authorization', `Bearer ${anchor.token(sub)}`);
    const answer = await anchor.request(`/kyc/customer${path}`, { ...init, method, headers });
    const text = await answer.text();
    const body = text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {};
    return { status: answer.status, body, headers: answer.headers, text };
  };
  const json = (body: unknown) => ({
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return {
    send,
    get: (sub, query = {}, path = '') => send('GET', `${path}?${new URLSearchParams(query)}`, { sub }),
    put: (sub, body, path = '') => send('PUT', path, { sub, ...json(body) }),
    erase: (sub, account, body) =>
      send('DELETE', `/${account}`, { sub, ...(body === undefined ? {} : json(body)) }),
    upload(sub, bytes, type = 'image/png') {
      const form = new FormData();
      form.set('file', new File([bytes as Uint8Array<ArrayBuffer>], 'upload', { type }));
      return send('POST', '/files', { sub, body: form });
    },
  };
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

/** A real PNG of one colour; `extra` chunks go before its end. */
export function png(width = 2, height = 2, extra: [string, Buffer][] = []): Buffer {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 0, 0, 0, 0], 8);
  const rows = Buffer.alloc(Math.min((width + 1) * height, 1_000));
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', head),
    ...extra.map(([type, data]) => chunk(type, data)),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

const segment = (marker: number, data: Buffer): Buffer => {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(data.length + 2, 2);
  return Buffer.concat([head, data]);
};

/** A JPEG as far as its structure goes, with EXIF data that name a place. */
export function jpeg(width = 8, height = 8, tail = Buffer.alloc(0)): Buffer {
  const frame = Buffer.from([8, height >> 8, height & 255, width >> 8, width & 255, 1, 1, 0x11, 0]);
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    segment(0xe0, Buffer.from('JFIF\0\x01\x01\0\0\x01\0\x01\0\0', 'latin1')),
    segment(0xe1, Buffer.from('Exif\0\0GPS 52.5200N 13.4050E', 'latin1')),
    segment(0xfe, Buffer.from('taken at home')),
    segment(0xdb, Buffer.alloc(65, 1)),
    segment(0xc0, frame),
    segment(0xc4, Buffer.alloc(20)),
    segment(0xda, Buffer.from([1, 1, 0, 0, 63, 0])),
    Buffer.from([0x12, 0xff, 0x00, 0x34, 0xff, 0xd0, 0x56, 0xff, 0xd9]),
    tail,
  ]);
}

export const pdf = Buffer.from('%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer<<>>\n%%EOF\n');

export const PERSON = { first_name: 'Ada', last_name: 'Lovelace', email_address: 'ada@example.com' };
