import type { MiddlewareHandler } from 'hono';
import type { Clock } from '../kernel/clock.ts';
import { AnchorError, badInput } from '../kernel/errors.ts';
import { SeededRandom } from './random.ts';

/** One fault, as data. `on` is a method and a path, either may be `*`; `*` in a path stands for anything. */
export interface FaultRule {
  on: string;
  /** 0..1, default 1 */
  probability?: number | undefined;
  /** how many matching requests pass before the rule begins */
  skip?: number | undefined;
  /** how often it strikes, default without end */
  times?: number | undefined;
  /** waits first, in milliseconds */
  delayMs?: number | undefined;
  /** the request is carried out, and then its answer is lost, replaced, delayed */
  after?: boolean | undefined;
  respond?: { status: number; headers?: Record<string, string>; body?: unknown } | undefined;
  /** never answers */
  hang?: boolean | undefined;
  /** the connection breaks */
  reset?: boolean | undefined;
}

interface Armed {
  rule: FaultRule;
  method: string;
  path: RegExp;
  seen: number;
  struck: number;
}

const FIELDS = ['on', 'probability', 'skip', 'times', 'delayMs', 'after', 'respond', 'hang', 'reset'];

const bad = (index: number, what: string) =>
  badInput('SANDBOX_FAULT_INVALID', `Fault ${index}: ${what}.`, 'See the reference of POST /sandbox/faults.');

function number(index: number, name: string, value: unknown, min: number, max: number): void {
  if (value === undefined) return;
  if (typeof value !== 'number' || !(value >= min && value <= max)) {
    throw bad(index, `${name} must be a number from ${min} to ${max}`);
  }
}

function armed(value: unknown, index: number): Armed {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw bad(index, 'it must be an object');
  const rule = value as FaultRule;
  const unknown = Object.keys(rule).find((key) => !FIELDS.includes(key));
  if (unknown !== undefined) throw bad(index, `${unknown} is not known`);
  const match = typeof rule.on === 'string' ? /^([A-Z]+|\*) (\/\S*|\*)$/.exec(rule.on) : null;
  if (match === null) throw bad(index, 'on must be like "POST /transactions" or "* /accounts/*"');
  number(index, 'probability', rule.probability, 0, 1);
  number(index, 'skip', rule.skip, 0, Number.MAX_SAFE_INTEGER);
  number(index, 'times', rule.times, 0, Number.MAX_SAFE_INTEGER);
  number(index, 'delayMs', rule.delayMs, 0, 3_600_000);
  number(index, 'respond.status', rule.respond?.status, 200, 599);
  if (rule.respond !== undefined && typeof rule.respond?.status !== 'number') {
    throw bad(index, 'respond needs a status');
  }
  for (const name of ['after', 'hang', 'reset'] as const) {
    if (rule[name] !== undefined && typeof rule[name] !== 'boolean')
      throw bad(index, `${name} must be true or false`);
  }
  const [, method = '*', path = '*'] = match;
  const pattern = path.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*');
  return { rule, method, path: new RegExp(`^${pattern}$`), seen: 0, struck: 0 };
}

/** Faults that strike requests as rules say; which ones depends on the seed and the order of requests alone. */
export class Faults {
  private rules: Armed[] = [];
  private random: SeededRandom;
  private readonly seed: string;

  constructor(seed: string) {
    this.seed = seed;
    this.random = new SeededRandom(seed);
  }

  /** Replaces all rules and starts the dice anew. @throws SANDBOX_FAULT_INVALID (400), nothing changed */
  set(rules: unknown, seed = this.seed): void {
    if (!Array.isArray(rules)) throw badInput('SANDBOX_FAULT_INVALID', 'Faults are an array of rules.');
    const checked = rules.map(armed);
    this.random = new SeededRandom(seed);
    this.rules = checked;
  }

  list(): (FaultRule & { struck: number })[] {
    return this.rules.map(({ rule, struck }) => ({ ...rule, struck }));
  }

  /** The rule that strikes this request, if any. */
  draw(method: string, path: string): FaultRule | null {
    for (const item of this.rules) {
      const { rule } = item;
      if ((item.method !== '*' && item.method !== method) || !item.path.test(path)) continue;
      item.seen += 1;
      if (item.seen <= (rule.skip ?? 0) || item.struck >= (rule.times ?? Number.POSITIVE_INFINITY)) continue;
      if (this.random.next() >= (rule.probability ?? 1)) continue;
      item.struck += 1;
      return rule;
    }
    return null;
  }
}

/** Marks an answer that must not arrive: whoever carries it breaks the connection instead. */
export const BROKEN = 'x-sandbox-broken';

const brokenAnswer = (): Response => new Response(null, { status: 503, headers: { [BROKEN]: '1' } });

function answerOf(respond: NonNullable<FaultRule['respond']>): Response {
  const { status, headers = {}, body } = respond;
  const text = body === undefined || typeof body === 'string' ? (body ?? null) : JSON.stringify(body);
  const bare = status === 204 || status === 205 || status === 304;
  const type: Record<string, string> =
    typeof body === 'object' && body !== null ? { 'content-type': 'application/json' } : {};
  return new Response(bare ? null : text, { status, headers: { ...type, ...headers } });
}

export function faultMiddleware(faults: Faults, clock: Clock): MiddlewareHandler {
  return async (c, next) => {
    const { pathname } = new URL(c.req.url);
    if (pathname.startsWith('/sandbox/') || pathname === '/health') return next();
    const rule = faults.draw(c.req.method, pathname);
    if (rule === null) return next();
    const { signal } = c.req.raw;
    if (rule.after === true) await next();
    if (rule.delayMs !== undefined) await clock.sleep(rule.delayMs, signal);
    if (rule.hang === true) {
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
      c.res = brokenAnswer();
      return;
    }
    if (rule.reset === true) {
      c.res = brokenAnswer();
      return;
    }
    if (rule.respond !== undefined) {
      c.res = answerOf(rule.respond);
      return;
    }
    if (rule.after !== true) await next();
  };
}

/** What a client in the same process sees of a broken connection. */
export const connectionBroken = (): AnchorError =>
  new AnchorError({
    code: 'SANDBOX_CONNECTION_BROKEN',
    message: 'The connection broke (a fault was asked for).',
  });
