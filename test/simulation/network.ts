import { createSandbox, type Sandbox } from '../../src/sandbox/index.ts';
import type { ClosedLedger } from '../../src/sandbox/ledger/types.ts';
import type { Fetch } from '../../src/stellar/port.ts';
import { openMarket } from './market.ts';
import type { SimProcess } from './process.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';
import type { Trace } from './trace.ts';

/** What the wire or a Horizon server does to one request. */
export type NetFault =
  | 'refused'
  | 'dns'
  | 'tls'
  | 'reset'
  | 'hang'
  | 'truncated'
  | 'html'
  | 'empty'
  | 'status_429'
  | 'status_429_wait'
  | 'status_500'
  | 'status_502'
  | 'status_503'
  | 'status_504'
  /** submissions only */
  | 'lost'
  | 'lost_504'
  | 'late'
  | 'never'
  | 'false_bad_seq'
  | 'false_too_late'
  | 'false_failed'
  | 'try_again_later'
  | 'duplicate'
  | 'low_fee'
  /** pages of history only */
  | 'page_twice'
  | 'page_disorder'
  | 'page_empty'
  | 'page_old'
  | null;

/** Which server answers. */
export type Node = 'fresh' | 'lagging';

export interface NetworkHost {
  scheduler: Scheduler;
  trace: Trace;
  random: Random;
  faultOf(process: SimProcess, request: { method: string; path: string }): NetFault;
  nodeFor(process: SimProcess): Node;
  /** ledgers that the lagging node is behind */
  lag(): number;
  /** whether the server has the endpoint that does not wait */
  knowsAsync: boolean;
  /** what the door asks for at least, stroops per operation; 0n for no more than the network does */
  feeFloor(): bigint;
}

/** Waiting for a ledger, or for the queue only. */
const SUBMITS = new Set(['/transactions', '/transactions_async']);

const problem = (
  status: number,
  type: string,
  more: object = {},
  headers: Record<string, string> = {},
): Response =>
  new Response(
    JSON.stringify({ type: `https://stellar.org/horizon-errors/${type}`, title: type, status, ...more }),
    { status, headers: { 'content-type': 'application/problem+json', ...headers } },
  );

const asynchronous = (input: string): boolean => input.endsWith('/transactions_async');

/** What the door says, in the words of the endpoint that was asked. */
const refusal = (input: string, code: string, resultXdr: string): Response =>
  asynchronous(input)
    ? Response.json({ tx_status: 'ERROR', hash: '', error_result_xdr: resultXdr }, { status: 400 })
    : problem(400, 'transaction_failed', {
        extras: { result_codes: { transaction: code }, result_xdr: resultXdr },
      });

/** txBAD_SEQ and txTOO_LATE, no fee charged. */
const BAD_SEQ = 'AAAAAAAAAAD////7AAAAAA==';
const TOO_LATE = 'AAAAAAAAAAD////9AAAAAA==';

/** txINSUFFICIENT_FEE with the fee that would do. */
function lowFee(fee: bigint): string {
  const bytes = Buffer.alloc(16);
  bytes.writeBigInt64BE(fee, 0);
  bytes.writeInt32BE(-9, 8);
  return bytes.toString('base64');
}

/** The network: a ledger that is the truth, a Horizon server that follows it at once and one that lags, and the wire to both. */
export class SimNetwork {
  readonly sandbox: Sandbox;
  /** null where nothing lags in this run */
  readonly #replica: Sandbox | null;
  readonly #behind: ClosedLedger[] = [];
  readonly #host: NetworkHost;

  constructor(
    host: NetworkHost,
    snapshot: unknown,
    options: { operationsPerLedger?: number; lags: boolean },
  ) {
    this.#host = host;
    const { scheduler } = host;
    const clock = { now: () => scheduler.now, sleep: scheduler.sleep.bind(scheduler) };
    const { lags, ...settings } = options;
    const open = (): Sandbox => {
      const sandbox = createSandbox({ close: 'manual', seed: 'simulation', clock, ...settings });
      sandbox.ledger.restore(snapshot);
      openMarket(sandbox);
      return sandbox;
    };
    this.sandbox = open();
    this.#replica = lags ? open() : null;
    this.close();
    this.close();
  }

  /** Closes a ledger; the lagging node follows as far as it may. */
  close(): void {
    const closed = this.sandbox.closeLedger();
    const { header, transactions } = closed;
    this.#host.trace.add(
      this.#host.scheduler.now,
      `ledger ${header.sequence} ${transactions.map((one) => `${one.hash.slice(0, 8)}${one.successful ? '+' : '-'}`).join(' ')}`,
    );
    if (this.#replica === null) return;
    this.#behind.push(closed);
    while (this.#behind.length > this.#host.lag()) {
      const next = this.#behind.shift() as ClosedLedger;
      this.#replica.closeLedger({
        sequence: next.header.sequence,
        closeTime: next.header.closeTime,
        transactions: next.transactions.map((one) => one.envelopeXdr),
      });
    }
  }

  async end(): Promise<void> {
    await this.sandbox.close();
    await this.#replica?.close();
  }

  /** The network as one process reaches it. */
  fetchFor(process: SimProcess): Fetch {
    return async (input, init) => {
      const { pathname } = new URL(input);
      const request = { method: init?.method ?? 'GET', path: pathname };
      const submit = request.method === 'POST' && SUBMITS.has(pathname);
      if (submit) return process.effect('submit', () => this.#exchange(process, request, input, init));
      await process.enter(() => undefined);
      return process.deliver(this.#exchange(process, request, input, init));
    };
  }

  async #exchange(
    process: SimProcess,
    request: { method: string; path: string },
    input: string,
    init: RequestInit | undefined,
  ): Promise<Response> {
    const { scheduler, random, trace } = this.#host;
    const signal = init?.signal ?? undefined;
    await scheduler.sleep(random.int(2, 150));
    const fault = this.#host.faultOf(process, request);
    const node = this.#host.nodeFor(process);
    const submit = request.method === 'POST';
    const answer = await (submit
      ? this.#submit(input, init, fault, node)
      : this.#read(input, init, fault, node)
    ).catch((error: unknown) => {
      trace.add(scheduler.now, `${process.name} ${request.method} ${request.path} ${fault} broken`);
      throw error;
    });
    await scheduler.sleep(random.int(2, 150), signal ?? undefined);
    trace.add(
      scheduler.now,
      `${process.name} ${request.method} ${request.path} ${fault ?? ''} ${node === 'fresh' ? '' : node} ${answer.status}`,
    );
    return answer;
  }

  #hang(signal: AbortSignal | undefined | null): Promise<never> {
    return new Promise<never>((_, reject) => {
      const end = (): void => reject(new DOMException('This operation was aborted', 'AbortError'));
      if (signal?.aborted) end();
      signal?.addEventListener('abort', end, { once: true });
    });
  }

  /** Faults that any request can meet on its way; undefined for none of them. */
  #early(fault: NetFault, init: RequestInit | undefined): Promise<Response> | Response | undefined {
    const broken = (code: string): never => {
      throw new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) });
    };
    switch (fault) {
      case 'refused':
        return broken('ECONNREFUSED');
      case 'dns':
        return broken('ENOTFOUND');
      case 'tls':
        return broken('CERT_HAS_EXPIRED');
      case 'hang':
        return this.#hang(init?.signal);
      case 'html':
        return new Response('<html><body>Bad gateway</body></html>', {
          headers: { 'content-type': 'text/html' },
        });
      case 'empty':
        return new Response('', { headers: { 'content-type': 'application/json' } });
      case 'status_429':
        return problem(429, 'rate_limit_exceeded');
      case 'status_429_wait':
        return problem(
          429,
          'rate_limit_exceeded',
          {},
          { 'retry-after': String(this.#host.random.int(1, 8)) },
        );
      case 'status_500':
        return problem(500, 'server_error');
      case 'status_502':
        return new Response('Bad Gateway', { status: 502 });
      case 'status_503':
        return new Response('Service Unavailable', { status: 503 });
      case 'status_504':
        return problem(504, 'timeout');
      default:
        return undefined;
    }
  }

  async #read(input: string, init: RequestInit | undefined, fault: NetFault, node: Node): Promise<Response> {
    const early = await this.#early(fault, init);
    if (early !== undefined) return early;
    const server = (node === 'fresh' ? null : this.#replica) ?? this.sandbox;
    if (fault === 'page_old') {
      // an answer for another cursor, as a confused cache gives it
      const url = new URL(input);
      url.searchParams.set('cursor', '0');
      return server.fetch(url.href, init);
    }
    const answer = await server.fetch(input, init);
    if (fault === 'reset') return broken(answer);
    if (fault === 'truncated') {
      const text = await answer.text();
      return new Response(text.slice(0, Math.floor(text.length / 2)), answer);
    }
    if (fault === 'page_twice' || fault === 'page_disorder' || fault === 'page_empty') {
      return changedPage(answer, fault);
    }
    return answer;
  }

  async #submit(
    input: string,
    init: RequestInit | undefined,
    fault: NetFault,
    node: Node,
  ): Promise<Response> {
    const { scheduler, random } = this.#host;
    const early = await this.#early(fault, init);
    if (early !== undefined) return early;
    // older servers, and those where it is switched off
    if (!this.#host.knowsAsync && asynchronous(input)) return problem(404, 'not_found');
    const body = String(init?.body ?? '');
    const apart = { method: 'POST', headers: init?.headers ?? {}, body };
    const pass = (): void => void this.sandbox.fetch(input, apart).catch(() => undefined);
    switch (fault) {
      case 'false_bad_seq':
        // the server says so, and passes it on all the same
        if (random.chance(0.5)) pass();
        return refusal(input, 'tx_bad_seq', BAD_SEQ);
      case 'false_too_late':
        if (random.chance(0.5)) pass();
        return refusal(input, 'tx_too_late', TOO_LATE);
      case 'false_failed':
        // a node that knows another ledger names an operation as bad, and passes it on all the same
        if (random.chance(0.5)) pass();
        return refusal(input, 'tx_failed', failedAt(body, random));
      case 'try_again_later':
        if (!asynchronous(input)) return problem(503, 'try_again_later');
        return Response.json({ tx_status: 'TRY_AGAIN_LATER', hash: '' }, { status: 503 });
      case 'never':
        return problem(504, 'timeout');
      case 'late':
        scheduler.after(random.int(5_000, 150_000), pass);
        return problem(504, 'timeout');
      case 'duplicate':
        pass();
        break;
      case 'lost':
        await this.sandbox.fetch(input, apart);
        throw new TypeError('fetch failed', {
          cause: Object.assign(new Error('ECONNRESET'), { code: 'ECONNRESET' }),
        });
      case 'lost_504':
        await this.sandbox.fetch(input, apart);
        return problem(504, 'timeout');
      default:
        break;
    }
    const floor = this.#host.feeFloor();
    if (floor > 0n) {
      const { fee, operations } = bidOf(body);
      if (fee < floor * BigInt(operations))
        return refusal(input, 'tx_insufficient_fee', lowFee(floor * BigInt(operations)));
    }
    if (node === 'lagging' && !input.endsWith('_async')) {
      // its core takes it, its own history does not show it yet
      pass();
      await scheduler.sleep(30_000, init?.signal ?? undefined);
      return problem(504, 'timeout');
    }
    const answer = await this.sandbox.fetch(input, init);
    if (fault === 'reset') return broken(answer);
    if (fault === 'truncated') {
      const text = await answer.text();
      return new Response(text.slice(0, Math.floor(text.length / 2)), answer);
    }
    return answer;
  }
}

/** txFAILED: one of the payments has no trustline to go to. */
function failedAt(body: string, random: Random): string {
  const raw = Buffer.from(decodeURIComponent(body.replace(/^tx=/, '')), 'base64');
  // inside of a fee bump: after its source and its fee
  const at = raw.readUInt32BE(0) === 5 ? 4 + (raw.readUInt32BE(4) === 0 ? 36 : 44) + 8 : 0;
  const count = operationsOf(raw.subarray(at));
  const bad = random.int(0, count - 1);
  const bytes = Buffer.alloc(20 + 12 * count);
  bytes.writeInt32BE(-1, 8);
  bytes.writeInt32BE(count, 12);
  for (let index = 0; index < count; index++) {
    // opINNER, PAYMENT, its result
    bytes.writeInt32BE(1, 20 + 12 * index);
    bytes.writeInt32BE(index === bad ? -6 : 0, 24 + 12 * index);
  }
  return bytes.toString('base64');
}

/** The connection breaks while the body comes. */
async function broken(answer: Response): Promise<Response> {
  const text = await answer.text();
  let sent = false;
  const body = new ReadableStream({
    pull(controller) {
      if (sent) return controller.error(new TypeError('terminated'));
      sent = true;
      controller.enqueue(new TextEncoder().encode(text.slice(0, 10)));
    },
  });
  return new Response(body, { status: answer.status, headers: answer.headers });
}

async function changedPage(
  answer: Response,
  fault: 'page_twice' | 'page_disorder' | 'page_empty',
): Promise<Response> {
  const text = await answer.text();
  const page = JSON.parse(text) as { _embedded?: { records?: unknown[] } };
  const records = page._embedded?.records;
  if (records !== undefined) {
    if (fault === 'page_empty') records.length = 0;
    else if (fault === 'page_twice') records.push(...records);
    else records.reverse();
  }
  return new Response(JSON.stringify(page), { status: answer.status, headers: answer.headers });
}

/** Maximum fee and count of operations out of `tx=…`: both stand at known places of a v1 envelope of an ed25519 source. */
function bidOf(body: string): { fee: bigint; operations: number } {
  const raw = Buffer.from(decodeURIComponent(body.replace(/^tx=/, '')), 'base64');
  const type = raw.readUInt32BE(0);
  if (type === 5) {
    // fee bump: source, then 64-bit fee, then the inner envelope
    const at = 4 + (raw.readUInt32BE(4) === 0 ? 36 : 44);
    return { fee: raw.readBigInt64BE(at), operations: 2 };
  }
  const at = 4 + (raw.readUInt32BE(4) === 0 ? 36 : 44);
  return { fee: BigInt(raw.readUInt32BE(at)), operations: operationsOf(raw) };
}

/** Counted by the SDK's own marks would be slow: the bid of one operation is what decides, and the rest scales with it. */
function operationsOf(raw: Buffer): number {
  // after fee (4) and sequence (8): preconditions
  let at = 4 + (raw.readUInt32BE(4) === 0 ? 36 : 44) + 12;
  const kind = raw.readUInt32BE(at);
  at += 4;
  if (kind === 1) at += 16;
  else if (kind === 2) {
    const optional = (size: number): void => {
      const there = raw.readUInt32BE(at) === 1;
      at += there ? 4 + size : 4;
    };
    optional(16);
    optional(8);
    optional(8);
    at += 8 + 4;
    const signers = raw.readUInt32BE(at);
    at += 4;
    if (signers > 0) return 1;
  }
  const memo = raw.readUInt32BE(at);
  at += 4;
  if (memo === 1) at += 4 + Math.ceil(raw.readUInt32BE(at) / 4) * 4;
  else if (memo === 2) at += 8;
  else if (memo >= 3) at += 32;
  return raw.readUInt32BE(at);
}
