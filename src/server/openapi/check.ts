import type { MiddlewareHandler } from 'hono';
import * as v from 'valibot';
import type { Endpoint } from '../../seps/shared/endpoint.ts';
import { fault } from '../../seps/shared/shapes.ts';

/** An answer of ours that is not as its SEP has it. */
export interface AnswerFault {
  method: string;
  path: string;
  status: number;
  /** e.g. `transaction.amount_in: Expected …` */
  issue: string;
}

const pattern = (path: string): RegExp =>
  new RegExp(`^${path.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{\w+\}/g, '[^/]+')}$`);

/**
 * Compares every answer with the shape that its SEP gives it: in development and in tests, where a difference is a fault to be mended. The
 * answer itself goes out as it is.
 */
export function checkAnswers(
  endpoints: readonly Endpoint[],
  tell: (fault: AnswerFault) => void,
): MiddlewareHandler {
  const known = endpoints.map((endpoint) => ({ ...endpoint, pattern: pattern(endpoint.path) }));
  return async (c, next) => {
    await next();
    const method = c.req.method.toLowerCase();
    const endpoint = known.find((one) => one.method === method && one.pattern.test(c.req.path));
    if (endpoint === undefined) return;
    const { status } = c.res;
    const shape = endpoint.answers[status] ?? (status >= 400 ? faultShape(endpoint) : undefined);
    const report = (issue: string) => tell({ method, path: c.req.path, status, issue });
    if (shape === undefined) {
      report('this status is not described');
      return;
    }
    const text = await c.res.clone().text();
    const checked = v.safeParse(shape, text === '' ? undefined : parsed(text), { abortEarly: true });
    if (checked.success) return;
    const [issue] = checked.issues;
    report(`${v.getDotPath(issue) ?? 'the answer'}: ${issue.message}`);
  };
}

/** SEP-6, and SEP-24 answer some refusals with a type of their own in place of `error`. */
const faultShape = ({ path }: Endpoint): v.GenericSchema =>
  /^\/sep(?:6|24)\//.test(path) ? v.union([fault, v.object({ type: v.string() })]) : fault;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
