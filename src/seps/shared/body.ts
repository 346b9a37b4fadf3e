import type { Context } from 'hono';
import { AnchorError, badInput } from '../../kernel/errors.ts';
import { limits } from '../../kernel/limits.ts';
import { duplicateKeys } from './json-keys.ts';
import { nameBinaryParts } from './multipart.ts';

/** The parameters of a request by name: text only, without a prototype. Absent and JSON null are both missing. */
export type Fields = Record<string, string>;

export interface Form {
  fields: Fields;
  /** binary parts of a multipart body */
  files: Map<string, File>;
}

export interface BodyOptions {
  /** default limits.bodyBytes */
  maxBytes?: number;
  /** the parameters that are looked at; objects and arrays under other names are ignored (SC-31), else refused */
  names?: readonly string[];
}

const FORBIDDEN_NAMES = new Set(['__proto__', 'constructor', 'prototype']);

const emptyFields = (): Fields => Object.create(null) as Fields;

/**
 * Reads a body as JSON, urlencoded or multipart form into one flat record (SC-08, SC-09).
 *
 * @throws BODY_TOO_LARGE (413), BODY_TYPE_UNSUPPORTED (415), BODY_MALFORMED, PARAMETER_REPEATED,
 *   PARAMETER_NAME_REFUSED, PARAMETER_INVALID (400)
 */
export async function readBody(c: Context, options: BodyOptions = {}): Promise<Fields> {
  return (await readForm(c, options)).fields;
}

/** Like readBody, with the files of a multipart body. */
export async function readForm(c: Context, options: BodyOptions = {}): Promise<Form> {
  const type = c.req.header('content-type') ?? '';
  const bytes = await readBytes(c, options.maxBytes ?? limits.bodyBytes);
  if (bytes.length === 0 && type === '') return { fields: emptyFields(), files: new Map() };
  const media = mediaType(type);
  if (media === 'application/json') return { fields: fromJson(utf8(bytes), options), files: new Map() };
  if (media === 'application/x-www-form-urlencoded') {
    return { fields: fromPairs(new URLSearchParams(utf8(bytes))), files: new Map() };
  }
  if (media === 'multipart/form-data') return fromMultipart(bytes, type);
  throw new AnchorError({
    code: 'BODY_TYPE_UNSUPPORTED',
    message: 'Send the body as application/json, application/x-www-form-urlencoded or multipart/form-data.',
    httpStatus: 415,
    exitStatus: 2,
  });
}

/** The body of a request that is JSON and nothing else: its outermost object, with whatever is inside of it. */
export type JsonBody = Record<string, unknown>;

/**
 * Reads a body that may be JSON only (SC-08: SEP-31 and 38, PATCH of SEP-6).
 *
 * @throws BODY_TOO_LARGE (413), BODY_TYPE_UNSUPPORTED (415), BODY_MALFORMED, PARAMETER_REPEATED (400)
 */
export async function readJsonBody(c: Context, maxBytes: number = limits.bodyBytes): Promise<JsonBody> {
  const type = c.req.header('content-type') ?? '';
  const bytes = await readBytes(c, maxBytes);
  if (mediaType(type) === 'application/json') return parseObject(utf8(bytes));
  throw new AnchorError({
    code: 'BODY_TYPE_UNSUPPORTED',
    message: 'Send the body as application/json.',
    httpStatus: 415,
    exitStatus: 2,
  });
}

/**
 * The texts, numbers and flags of an object as text, without a prototype.
 *
 * @param names those that are looked at; objects and lists under other names are ignored (SC-31), else refused
 * @throws PARAMETER_INVALID, PARAMETER_NAME_REFUSED (400)
 */
export function scalarsOf(object: Record<string, unknown>, names?: readonly string[]): Fields {
  const fields = emptyFields();
  for (const [name, value] of Object.entries(object)) {
    const plain = scalar(name, value, names);
    if (plain !== null) put(fields, name, plain);
  }
  return fields;
}

/**
 * The query of the request, flat. A parameter that may be `repeatable` has its values joined by commas.
 *
 * @throws PARAMETER_REPEATED, PARAMETER_NAME_REFUSED (400)
 */
export function readQuery(c: Context, repeatable?: string): Fields {
  const { url } = c.req;
  const start = url.indexOf('?');
  if (start < 0) return emptyFields();
  const hash = url.indexOf('#', start);
  const pairs = new URLSearchParams(url.slice(start + 1, hash < 0 ? undefined : hash));
  if (repeatable !== undefined && pairs.has(repeatable)) {
    pairs.set(repeatable, pairs.getAll(repeatable).join(','));
  }
  return fromPairs(pairs);
}

/** The media type in lower case; a charset other than UTF-8 is refused. */
function mediaType(header: string): string {
  const [type = '', ...parameters] = header.toLowerCase().split(';');
  const charset = parameters.map((text) => text.trim()).find((text) => text.startsWith('charset='));
  if (charset !== undefined && !/^charset="?utf-?8"?$/.test(charset)) {
    throw new AnchorError({
      code: 'BODY_TYPE_UNSUPPORTED',
      message: 'Send the body in UTF-8.',
      httpStatus: 415,
      exitStatus: 2,
    });
  }
  return type.trim();
}

/** Reads at most `max` bytes, whatever Content-Length says. */
async function readBytes(c: Context, max: number): Promise<Uint8Array> {
  const declared = c.req.header('content-length');
  if (declared !== undefined && /^\d{1,15}$/.test(declared)) {
    if (Number(declared) > max) throw tooLarge(max);
    const bytes = new Uint8Array(await unbroken(c.req.raw.arrayBuffer()));
    if (bytes.length > max) throw tooLarge(max);
    return bytes;
  }
  const reader = c.req.raw.body?.getReader();
  if (reader === undefined) return new Uint8Array(0);
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await unbroken(reader.read());
    if (done) return chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks);
    length += value.length;
    if (length > max) {
      reader.cancel().catch(() => {});
      throw tooLarge(max);
    }
    chunks.push(value);
  }
}

async function unbroken<T>(read: Promise<T>): Promise<T> {
  try {
    return await read;
  } catch (cause) {
    throw new AnchorError({
      code: 'BODY_MALFORMED',
      message: 'The body did not arrive whole.',
      httpStatus: 400,
      cause,
    });
  }
}

const tooLarge = (max: number): AnchorError =>
  new AnchorError({
    code: 'BODY_TOO_LARGE',
    message: `The body is larger than ${max} bytes.`,
    httpStatus: 413,
    exitStatus: 2,
  });

const malformed = (what: string): AnchorError => badInput('BODY_MALFORMED', what);

const strictUtf8 = new TextDecoder('utf-8', { fatal: true });

function utf8(bytes: Uint8Array): string {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    throw malformed('The body is not valid UTF-8.');
  }
}

const fromJson = (text: string, options: BodyOptions): Fields => scalarsOf(parseObject(text), options.names);

function parseObject(text: string): JsonBody {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw malformed('The body is not valid JSON.');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw malformed('The body must be a JSON object.');
  }
  if (duplicateKeys(text, Object.keys(parsed).length)) {
    throw badInput('PARAMETER_REPEATED', 'A parameter is given more than once.');
  }
  return parsed as JsonBody;
}

/** Text as it is; null for what is left out. Numbers that JavaScript has already rounded are refused (SC-22, SC-28). */
function scalar(name: string, value: unknown, names: readonly string[] | undefined): string | null {
  if (typeof value === 'string') return value;
  if (value === null) return null;
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number') {
    const text = String(value);
    if (!Number.isFinite(value)) throw badInput('PARAMETER_INVALID', 'A number is out of range.');
    if (Number.isInteger(value) ? Number.isSafeInteger(value) : text.replace(/\D/g, '').length <= 15)
      return text;
    throw badInput('PARAMETER_INVALID', 'A number with so many digits must be sent as text.');
  }
  if (names !== undefined && !names.includes(name)) return null;
  throw badInput('PARAMETER_INVALID', 'Parameters must be text, not objects or lists.');
}

function fromPairs(pairs: Iterable<[string, string]>): Fields {
  const fields = emptyFields();
  for (const [name, value] of pairs) put(fields, name, value);
  return fields;
}

async function fromMultipart(bytes: Uint8Array, type: string): Promise<Form> {
  let data: FormData;
  try {
    data = await new Response(nameBinaryParts(bytes, type) as Uint8Array<ArrayBuffer>, {
      headers: { 'content-type': type },
    }).formData();
  } catch {
    throw malformed('The body is not a valid multipart form.');
  }
  const fields = emptyFields();
  const files = new Map<string, File>();
  for (const [name, value] of data) {
    if (typeof value === 'string') put(fields, name, value);
    else if (files.has(name)) throw badInput('PARAMETER_REPEATED', 'A file is given more than once.');
    else files.set(name, value);
  }
  return { fields, files };
}

function put(fields: Fields, name: string, value: string): void {
  if (FORBIDDEN_NAMES.has(name))
    throw badInput('PARAMETER_NAME_REFUSED', 'A parameter has a forbidden name.');
  if (name in fields) throw badInput('PARAMETER_REPEATED', 'A parameter is given more than once.');
  fields[name] = value;
}
