import { relative } from 'node:path';
import * as v from 'valibot';
import type { Clock } from '../kernel/clock.ts';
import { AnchorError, messageOf } from '../kernel/errors.ts';
import { limits } from '../kernel/limits.ts';
import type { Log } from '../kernel/log.ts';
import type { HookContext } from './integrations.ts';
import type { Project } from './project.ts';

/** What a call of the anchor's own code needs of the running anchor. */
export interface HookHost {
  readonly project: Project;
  readonly clock: Clock;
  readonly log: Log;
  readonly db: { custom<Own>(): HookContext<Own>['db'] };
}

/** What the debug page of `anchor dev` shows of a hook that went wrong. */
export interface HookFault {
  hook: string;
  /** relative to the project, where the stack names one */
  file: string | null;
  line: number | null;
  expected: string | null;
  found: string | null;
  stack: string | null;
}

const FAULT = Symbol.for('create-anchor.hook-fault');

export function hookFaultOf(error: unknown): HookFault | null {
  if (!AnchorError.is(error)) return null;
  return (error as unknown as Record<symbol, HookFault | undefined>)[FAULT] ?? null;
}

export interface HookOptions {
  timeoutMs?: number;
  /** of the answer as JSON */
  maxBytes?: number;
  /** the caller's own signal: its abort ends the wait */
  signal?: AbortSignal | undefined;
}

/**
 * Calls the anchor's own code, which is never trusted (reliability R12): a time limit with an AbortSignal, the answer copied through
 * JSON, bounded in size and checked against `schema`. Never call it inside a database transaction. Where the call moves money, any
 * of these errors means that nobody knows what happened, never that it failed.
 *
 * @throws HOOK_FAILED the hook threw, or its time was up
 * @throws HOOK_ANSWER_INVALID the answer has not the promised shape
 */
export async function callHook<T>(
  ctx: HookHost,
  name: string,
  fn: (hook: HookContext) => unknown,
  schema: v.GenericSchema<unknown, T>,
  options: HookOptions = {},
): Promise<T> {
  const timeoutMs = options.timeoutMs ?? limits.hookTimeoutMs;
  const abort = new AbortController();
  const done = new AbortController();
  const hook: HookContext = {
    network: ctx.project.network.name,
    hostUrl: ctx.project.hostUrl,
    log: ctx.log.child({ hook: name }),
    signal: abort.signal,
    db: ctx.db.custom(),
  };
  const stop = options.signal === undefined ? done.signal : AbortSignal.any([done.signal, options.signal]);
  const late = ctx.clock.sleep(timeoutMs, stop).then(() => {
    const message = options.signal?.aborted ? 'was stopped' : `did not answer within ${timeoutMs} ms`;
    throw fault(ctx, 'HOOK_FAILED', name, `The integration ${name} ${message}.`, {});
  });
  late.catch(() => undefined);
  try {
    const call = Promise.resolve().then(() => fn(hook));
    call.catch(() => undefined);
    const answer = await Promise.race([call, late]).catch((error) => {
      if (hookFaultOf(error) !== null) throw error;
      const message = `The integration ${name} threw: ${messageOf(error)}`;
      throw fault(ctx, 'HOOK_FAILED', name, message, { cause: error });
    });
    return checkAnswer(ctx, name, answer, schema, options.maxBytes ?? limits.hookResultBytes);
  } finally {
    done.abort();
    abort.abort();
  }
}

function checkAnswer<T>(
  ctx: HookHost,
  name: string,
  answer: unknown,
  schema: v.GenericSchema<unknown, T>,
  maxBytes: number,
): T {
  const invalid = (expected: string, found: string): AnchorError =>
    fault(
      ctx,
      'HOOK_ANSWER_INVALID',
      name,
      `The integration ${name} answered ${found}, expected ${expected}.`,
      {
        expected,
        found,
      },
    );
  let copy: unknown;
  try {
    const text = JSON.stringify(answer);
    if (text !== undefined && text.length > maxBytes) {
      throw invalid(`at most ${maxBytes} bytes`, `${text.length} bytes`);
    }
    copy = text === undefined ? undefined : JSON.parse(text);
  } catch (error) {
    if (hookFaultOf(error) !== null) throw error;
    throw invalid('plain JSON values', `something that is not JSON (${messageOf(error)})`);
  }
  const checked = v.safeParse(schema, copy, { abortEarly: true });
  if (checked.success) return checked.output;
  const issue = checked.issues[0];
  const path = v.getDotPath(issue);
  const where = path === null ? '' : ` at ${path}`;
  throw invalid(`${issue.expected ?? issue.message}${where}`, `${issue.received}${where}`);
}

function fault(
  ctx: HookHost,
  code: 'HOOK_FAILED' | 'HOOK_ANSWER_INVALID',
  hook: string,
  message: string,
  more: { cause?: unknown; expected?: string; found?: string },
): AnchorError {
  const stack = more.cause instanceof Error ? (more.cause.stack ?? null) : null;
  const place = stack === null ? null : placeOf(stack, ctx.project.root);
  const error = new AnchorError({
    code,
    message: place === null ? message : `${message} (${place.file}:${place.line})`,
    hint: `Correct ${hook} in ${place?.file ?? 'integrations.ts'}.`,
    cause: more.cause,
  });
  const seen: HookFault = {
    hook,
    file: place?.file ?? null,
    line: place?.line ?? null,
    expected: more.expected ?? null,
    found: more.found ?? null,
    stack,
  };
  Object.defineProperty(error, FAULT, { value: seen });
  return error;
}

/** The topmost frame of the stack that lies in the project and not in a package. */
function placeOf(stack: string, root: string): { file: string; line: number } | null {
  for (const frame of stack.split('\n')) {
    const match = /(?:file:\/\/)?(\/[^():]+|[A-Za-z]:[^():]+):(\d+):\d+/.exec(frame);
    const file = match?.[1];
    if (file === undefined || !file.startsWith(root) || file.includes('node_modules')) continue;
    return { file: relative(root, file), line: Number(match?.[2]) };
  }
  return null;
}
