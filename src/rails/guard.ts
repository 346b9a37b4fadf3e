import type * as v from 'valibot';
import type { HookContext, RailsIntegration } from '../config/integrations.ts';
import { isoTime } from '../kernel/clock.ts';
import { AnchorError } from '../kernel/errors.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { callHook, type HookOptions } from '../transfers/hooks.ts';
import { railsOf, railsTimeoutMs } from './answers.ts';

/** The functions of the rails; each has a door of its own, so that a bank that takes no payouts can still tell what arrived. */
export type RailsHook =
  | 'pollDeposits'
  | 'payout'
  | 'lookupPayout'
  | 'pollPayouts'
  | 'refund'
  | 'pollReturns'
  | 'webhook'
  | 'verifyWebhook';

/** Calls that went wrong in a row before the door is shut. */
const FAULTS_MAX = 5;
const SHUT_MIN_MS = 5_000;
const SHUT_MAX_MS = 60_000;
/** Calls under way at once, per function. */
const IN_FLIGHT_MAX = 16;
const BUSY_MS = 1_000;

interface Door {
  inFlight: number;
  faults: number;
  shutUntil: number;
  /** one call has been let through to see whether the bank is back */
  probing: boolean;
}

const doors = new WeakMap<RailsIntegration, Map<RailsHook, Door>>();

function doorOf(rails: RailsIntegration, hook: RailsHook): Door {
  const all = doors.get(rails) ?? new Map<RailsHook, Door>();
  doors.set(rails, all);
  const door = all.get(hook) ?? { inFlight: 0, faults: 0, shutUntil: 0, probing: false };
  all.set(hook, door);
  return door;
}

/** Milliseconds on ctx.clock until which this function is not to be called; null when it may be called now. */
function shutUntil(ctx: AnchorContext, hook: RailsHook): number | null {
  const door = doorOf(railsOf(ctx), hook);
  const now = ctx.clock.now();
  if (door.shutUntil > now) return door.shutUntil;
  if (door.probing || door.inFlight >= IN_FLIGHT_MAX) return now + BUSY_MS;
  return null;
}

/** Milliseconds until this function may be called again; null when it may be called now. */
export function shutForMs(ctx: AnchorContext, hook: RailsHook): number | null {
  const until = shutUntil(ctx, hook);
  return until === null ? null : Math.max(0, until - ctx.clock.now());
}

/**
 * Calls a function of the rails (reliability R12): time limit, checked answer, few calls at once, and after several faults in a row a
 * pause that doubles up to a minute, ended by one call that succeeds. A bank that is down then spoils a handful of orders, not all.
 *
 * @throws RAILS_PAUSED it was not called: nothing has happened
 * @throws HOOK_FAILED, HOOK_ANSWER_INVALID where money moves nobody knows what happened
 */
export async function callRails<T>(
  ctx: AnchorContext,
  hook: RailsHook,
  fn: (rails: RailsIntegration, hook: HookContext) => unknown,
  schema: v.GenericSchema<unknown, T>,
  options: Omit<HookOptions, 'timeoutMs'> = {},
): Promise<T> {
  const rails = railsOf(ctx);
  const shut = shutUntil(ctx, hook);
  if (shut !== null) throw paused(hook, shut);
  const door = doorOf(rails, hook);
  door.inFlight += 1;
  door.probing = door.faults >= FAULTS_MAX;
  try {
    const answer = await callHook(ctx, `rails.${hook}`, (hookCtx) => fn(rails, hookCtx), schema, {
      ...options,
      timeoutMs: railsTimeoutMs(ctx),
    });
    door.faults = 0;
    return answer;
  } catch (error) {
    // a shutdown says nothing about the bank
    // and what strangers send to the webhook neither
    if (!options.signal?.aborted && hook !== 'verifyWebhook') shutAfter(ctx, door, hook);
    throw error;
  } finally {
    door.inFlight -= 1;
    door.probing = false;
  }
}

function shutAfter(ctx: AnchorContext, door: Door, hook: RailsHook): void {
  door.faults += 1;
  if (door.faults < FAULTS_MAX) return;
  const pause = Math.min(SHUT_MAX_MS, SHUT_MIN_MS * 2 ** Math.min(door.faults - FAULTS_MAX, 10));
  door.shutUntil = ctx.clock.now() + pause;
  ctx.log.error('rails_paused', {
    hook: `rails.${hook}`,
    faults: door.faults,
    until: isoTime(door.shutUntil),
  });
}

const paused = (hook: RailsHook, until: number): AnchorError =>
  new AnchorError({
    code: 'RAILS_PAUSED',
    message: `rails.${hook} went wrong several times in a row and is left alone until ${isoTime(until)}.`,
    hint: 'The log names what went wrong (hook_failed, rails_paused). It is tried again by itself.',
  });

export const isPaused = (error: unknown): boolean => AnchorError.is(error) && error.code === 'RAILS_PAUSED';

/** Whether the anchor's own code went wrong, as opposed to ours. */
export const isHookFault = (error: unknown): error is AnchorError =>
  AnchorError.is(error) && (error.code.startsWith('HOOK_') || error.code === 'RAILS_PAUSED');
