/** The mark by which an AnchorError is known, also when two copies of this package meet (user code, linked checkouts). */
const BRAND = Symbol.for('create-anchor.error');

export interface AnchorErrorOptions {
  /** unique, UPPER_SNAKE, documented in docs/reference/errors.md */
  code: string;
  /** what happened, for the reader at hand: no secrets, no stack */
  message: string;
  /** what to do about it: a command, a setting, a line to change */
  hint?: string | undefined;
  /** for commands: 1 failed or refused, 2 wrong use */
  exitStatus?: number | undefined;
  /** for HTTP answers */
  httpStatus?: number | undefined;
  cause?: unknown;
}

/** The one error type. Expected errors are printed as what happened, why and what to do; all others with their stack. */
export class AnchorError extends Error {
  readonly code: string;
  readonly hint: string | undefined;
  readonly exitStatus: number;
  readonly httpStatus: number;

  constructor(options: AnchorErrorOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AnchorError';
    this.code = options.code;
    this.hint = options.hint;
    this.exitStatus = options.exitStatus ?? 1;
    this.httpStatus = options.httpStatus ?? 500;
    Object.defineProperty(this, BRAND, { value: true });
  }

  static is(value: unknown): value is AnchorError {
    return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[BRAND] === true;
  }
}

/** A request that can never succeed as it stands: 400, exit 2. */
export function badInput(code: string, message: string, hint?: string): AnchorError {
  return new AnchorError({ code, message, hint, httpStatus: 400, exitStatus: 2 });
}

/** Something that is not there, or not there for this principal (the same answer): 404, exit 1. */
export function notFound(code: string, message: string, hint?: string): AnchorError {
  return new AnchorError({ code, message, hint, httpStatus: 404 });
}

/** A broken promise of our own code. Money code stops rather than go on with a false assumption (reliability R13). */
export function assert(condition: unknown, what: string): asserts condition {
  if (!condition) {
    throw new AnchorError({
      code: 'INVARIANT_BROKEN',
      message: `This must never happen: ${what}`,
      hint: 'Please report it.',
    });
  }
}

/** The readable part of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
