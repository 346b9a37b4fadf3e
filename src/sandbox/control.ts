import type { Context, Hono, MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { parseAmount } from '../kernel/amounts.ts';
import { AnchorError, badInput } from '../kernel/errors.ts';
import type { Faults } from './faults.ts';
import { isoSeconds } from './horizon/history/time.ts';
import { hal } from './horizon/render.ts';
import type { ResetOptions } from './ledger/ports.ts';
import type { ClosedLedger } from './ledger/types.ts';
import type { SandboxNetwork } from './sandbox-network.ts';
import { encode } from './store/codec.ts';

type Body = Record<string, unknown>;

const MAX_BODY_BYTES = 64_000_000;
const MAX_COUNT = 10_000;

const LOOPBACK_ADDRESS = /^(::1|(::ffff:)?127\.\d+\.\d+\.\d+)$/;
const LOOPBACK_ORIGIN = /^https?:\/\/(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/;

/** Controls are for programs on this machine: not for other hosts, nor for pages of other sites in its browser. */
const loopbackOnly: MiddlewareHandler = async (c, next) => {
  const env = c.env as { incoming?: { socket?: { remoteAddress?: string } } } | undefined;
  const remote = env?.incoming?.socket?.remoteAddress;
  const origin = c.req.header('origin');
  if (
    (remote !== undefined && !LOOPBACK_ADDRESS.test(remote)) ||
    (origin !== undefined && !LOOPBACK_ORIGIN.test(origin))
  ) {
    return errorAnswer(
      new AnchorError({
        code: 'SANDBOX_LOOPBACK_ONLY',
        message: 'The controls of the sandbox answer this machine only.',
        httpStatus: 403,
      }),
    );
  }
  await next();
};

function errorAnswer(error: AnchorError): Response {
  const { code, message, hint } = error;
  return Response.json({ error: { code, message, hint } }, { status: error.httpStatus });
}

async function bodyOf(c: Context): Promise<unknown> {
  const text = await c.req.text();
  if (text.trim() === '') return {};
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw badInput('SANDBOX_BODY_INVALID', 'The body is not JSON.');
  }
}

async function objectOf(c: Context, fields: string[]): Promise<Body> {
  return checkedObject(await bodyOf(c), fields, 'the body');
}

function checkedObject(value: unknown, fields: string[], what: string): Body {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw badInput('SANDBOX_BODY_INVALID', `${what} must be a JSON object.`);
  }
  const unknown = Object.keys(value).find((key) => !fields.includes(key));
  if (unknown !== undefined) {
    throw badInput(
      'SANDBOX_BODY_INVALID',
      `${unknown} is not known in ${what}.`,
      `Known: ${fields.join(', ')}.`,
    );
  }
  return value as Body;
}

/** A whole number, given as such or as text; undefined when absent. */
function integer(body: Body, name: string, max: bigint): bigint | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  const text = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
  if (typeof text !== 'string' || !/^\d{1,19}$/.test(text) || BigInt(text) > max) {
    throw badInput('SANDBOX_BODY_INVALID', `${name} must be a whole number from 0 to ${max}.`);
  }
  return BigInt(text);
}

const MAX_INT64 = (1n << 63n) - 1n;
const MAX_LEDGER = (1n << 31n) - 1n;
const MAX_TIME = 1n << 40n;

const asNumber = (value: bigint | undefined): number | undefined =>
  value === undefined ? undefined : Number(value);

const closedFields = (closed: ClosedLedger) => ({
  sequence: closed.header.sequence,
  closed_at: isoSeconds(closed.header.closeTime),
  results: closed.transactions.map((transaction) => ({
    hash: transaction.hash,
    result_xdr: transaction.resultXdr,
    fee_charged: transaction.feeCharged.toString(),
  })),
});

async function closeLedgers(network: SandboxNetwork, c: Context): Promise<Response> {
  const body = await objectOf(c, ['sequence', 'close_time', 'transactions', 'count']);
  const sequence = asNumber(integer(body, 'sequence', MAX_LEDGER));
  const closeTime = asNumber(integer(body, 'close_time', MAX_TIME));
  const count = asNumber(integer(body, 'count', BigInt(MAX_COUNT))) ?? 1;
  const { transactions } = body;
  if (transactions !== undefined && !isTextList(transactions)) {
    throw badInput('SANDBOX_BODY_INVALID', 'transactions must be an array of envelopes in base64.');
  }
  if (count < 1 || (count > 1 && transactions !== undefined)) {
    throw badInput('SANDBOX_BODY_INVALID', 'count must be at least 1, and 1 where transactions are given.');
  }
  let closed = network.close({ sequence, closeTime, transactions });
  for (let left = count; left > 1; left--)
    closed = network.close(closeTime === undefined ? {} : { closeTime });
  return hal(closedFields(closed));
}

const isTextList = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');

function resetOptions(body: Body, now: number): ResetOptions {
  const root =
    body['root'] === undefined ? undefined : checkedObject(body['root'], ['sequence', 'balance'], 'root');
  const ledger =
    body['ledger'] === undefined
      ? undefined
      : checkedObject(body['ledger'], ['sequence', 'close_time'], 'ledger');
  const balance = root?.['balance'];
  const stroops = balance === undefined ? 10n ** 18n : parseAmount(balance);
  if (stroops > 10n ** 18n) throw badInput('SANDBOX_BODY_INVALID', 'The root holds at most 100 billion XLM.');
  const sequence = ledger === undefined ? 1 : Number(integer(ledger, 'sequence', MAX_LEDGER) ?? 1n);
  if (sequence < 1) throw badInput('SANDBOX_BODY_INVALID', 'Ledgers count from 1.');
  const closeTime = ledger === undefined ? undefined : asNumber(integer(ledger, 'close_time', MAX_TIME));
  return {
    root: { sequence: (root && integer(root, 'sequence', MAX_INT64)) ?? 0n, balance: stroops },
    idPool: integer(body, 'id_pool', MAX_INT64) ?? 0n,
    ledger: { sequence, closeTime: closeTime ?? now },
  };
}

async function setTime(network: SandboxNetwork, c: Context): Promise<Response> {
  const body = await objectOf(c, ['time', 'advance']);
  const time = asNumber(integer(body, 'time', MAX_TIME));
  const advance = asNumber(integer(body, 'advance', MAX_TIME));
  if ((time === undefined) === (advance === undefined)) {
    throw badInput('SANDBOX_BODY_INVALID', 'Give time (Unix seconds) or advance (seconds).');
  }
  network.timeShift += advance ?? (time ?? 0) - network.now();
  return hal({ now: network.now(), closed_at: isoSeconds(network.ledger.header.closeTime) });
}

function exported(network: SandboxNetwork): Response {
  const { ledger, history } = network;
  const body = encode({
    settings: ledger.settings,
    header: ledger.header,
    pending: ledger.pending(),
    entries: [...ledger.entries()].map((entry) =>
      entry.kind === 'data' ? { ...entry, value: Buffer.from(entry.value).toString('base64') } : entry,
    ),
    transactions: history.all.transactions.map(({ row }) => ({
      ledger: row.ledger,
      order: row.order,
      hash: row.hash,
      envelope_xdr: row.envelopeXdr,
      result_xdr: row.resultXdr,
    })),
    snapshot: ledger.snapshot(),
  });
  return new Response(body, { headers: { 'content-type': 'application/json' } });
}

/** `POST /sandbox/ledgers|reset|time|faults`, `GET /sandbox/faults|export`: for tests and tools on this machine. */
export function controlRoutes(app: Hono, network: SandboxNetwork, faults: Faults): void {
  const tooLarge = badInput('SANDBOX_BODY_INVALID', 'The body is too large.');
  const limit = bodyLimit({ maxSize: MAX_BODY_BYTES, onError: () => errorAnswer(tooLarge) });
  app.use('/sandbox/*', loopbackOnly, limit);
  const guarded = (handle: (c: Context) => Response | Promise<Response>) => async (c: Context) => {
    try {
      return await handle(c);
    } catch (error) {
      if (AnchorError.is(error)) return errorAnswer(error);
      throw error;
    }
  };
  app.post(
    '/sandbox/ledgers',
    guarded((c) => closeLedgers(network, c)),
  );
  app.post(
    '/sandbox/reset',
    guarded(async (c) => {
      network.reset(resetOptions(await objectOf(c, ['root', 'id_pool', 'ledger']), network.now()));
      const { header } = network.ledger;
      return hal({ sequence: header.sequence, closed_at: isoSeconds(header.closeTime) });
    }),
  );
  app.post(
    '/sandbox/time',
    guarded((c) => setTime(network, c)),
  );
  app.post(
    '/sandbox/faults',
    guarded(async (c) => {
      const body = await bodyOf(c);
      if (Array.isArray(body)) faults.set(body);
      else {
        const { rules, seed } = checkedObject(body, ['rules', 'seed'], 'the body');
        faults.set(rules, seed === undefined ? undefined : String(seed));
      }
      return Response.json({ rules: faults.list() });
    }),
  );
  app.get('/sandbox/faults', () => Response.json({ rules: faults.list() }));
  app.get('/sandbox/export', () => exported(network));
  app.all('/sandbox/*', () =>
    errorAnswer(
      new AnchorError({ code: 'SANDBOX_CONTROL_UNKNOWN', message: 'No such control.', httpStatus: 404 }),
    ),
  );
}
