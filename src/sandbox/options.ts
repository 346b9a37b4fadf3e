import type { Clock } from '../kernel/clock.ts';
import { AnchorError, badInput } from '../kernel/errors.ts';
import type { NetworkSettings, QueueLimits } from './ledger/types.ts';

/** The passphrase of a network of one's own, as stellar-core's standalone mode has it. */
export const SANDBOX_PASSPHRASE = 'Standalone Network ; February 2017';

export interface SandboxOptions {
  passphrase?: string | undefined;
  /** default 19: the version of the recordings that this network is held against */
  protocolVersion?: number | undefined;
  /** stroops per operation */
  baseFee?: number | undefined;
  /** stroops */
  baseReserve?: number | undefined;
  operationsPerLedger?: number | undefined;
  /** rules of the transaction queue; the defaults are those of today's core */
  queue?: QueueLimits | undefined;
  /** seconds between ledgers, or only on demand */
  close?: number | 'manual' | undefined;
  /** decides everything that is random: which requests a fault hits */
  seed?: string | undefined;
  /** a file that survives restarts; `memory` (default) keeps nothing */
  state?: string | undefined;
  /** begin anew, whatever the file holds */
  reset?: boolean | undefined;
  clock?: Clock | undefined;
  /** how long POST /transactions waits for a ledger, in milliseconds */
  submitTimeoutMs?: number | undefined;
  /** how long a transaction with a gap in its sequence is held back, in milliseconds */
  sequenceHoldMs?: number | undefined;
}

export const DEFAULTS = {
  protocolVersion: 19,
  baseFee: 100,
  baseReserve: 5_000_000,
  operationsPerLedger: 1_000,
  close: 1,
  seed: 'sandbox',
  submitTimeoutMs: 30_000,
  sequenceHoldMs: 10_000,
} as const;

function positive(name: string, value: number, max: number): number {
  if (Number.isInteger(value) && value > 0 && value <= max) return value;
  throw badInput(
    'SANDBOX_OPTION_INVALID',
    `The sandbox option ${name} must be a whole number from 1 to ${max}.`,
  );
}

/** @throws SANDBOX_OPTION_INVALID */
export function settingsOf(options: SandboxOptions): NetworkSettings {
  const passphrase = options.passphrase ?? SANDBOX_PASSPHRASE;
  if (passphrase === '')
    throw badInput('SANDBOX_OPTION_INVALID', 'The network passphrase must not be empty.');
  const uint32 = 0xffffffff;
  const close = closeOf(options);
  return {
    passphrase,
    protocolVersion: positive('protocolVersion', options.protocolVersion ?? DEFAULTS.protocolVersion, 100),
    baseFee: positive('baseFee', options.baseFee ?? DEFAULTS.baseFee, uint32),
    baseReserve: positive('baseReserve', options.baseReserve ?? DEFAULTS.baseReserve, uint32),
    operationsPerLedger: positive(
      'operationsPerLedger',
      options.operationsPerLedger ?? DEFAULTS.operationsPerLedger,
      uint32,
    ),
    ...(close === 'manual' ? {} : { expectedCloseSeconds: close }),
    ...(options.queue === undefined ? {} : { queue: options.queue }),
  };
}

/** @throws SANDBOX_OPTION_INVALID */
export function closeOf(options: SandboxOptions): number | 'manual' {
  const close = options.close ?? DEFAULTS.close;
  if (close === 'manual' || (Number.isFinite(close) && close >= 0.01 && close <= 3600)) return close;
  throw badInput(
    'SANDBOX_OPTION_INVALID',
    'Ledgers close every 0.01 to 3600 seconds, or on demand: --close 1 or --close manual.',
  );
}

export function stateUnusable(file: string, why: string, cause?: unknown): AnchorError {
  return new AnchorError({
    code: 'SANDBOX_STATE_UNUSABLE',
    message: `The sandbox state in ${file} cannot be used: ${why}.`,
    hint: 'Start with --reset to begin a new network, or name another file with --state.',
    cause,
  });
}
