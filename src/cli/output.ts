import { AnchorError, messageOf } from '../kernel/errors.ts';
import { scrub } from '../kernel/log.ts';
import { type Io, paint } from './io.ts';

/** One JSON document on standard output. Amounts are text already; a stray bigint is printed as text too. */
export function printJson(io: Io, value: unknown): void {
  io.stdout(`${JSON.stringify(value, (_key, item) => (typeof item === 'bigint' ? String(item) : item))}\n`);
}

/** A wrong use of the command line: exit 2, before any project is looked for. */
export function usageError(code: string, message: string, hint?: string): AnchorError {
  return new AnchorError({ code, message, hint, exitStatus: 2, httpStatus: 400 });
}

/**
 * Prints what happened, why and what to do; what nobody expected with its stack. No secret survives it.
 *
 * @returns the exit status
 */
export function printError(io: Io, error: unknown, json: boolean): number {
  const expected = AnchorError.is(error);
  const code = expected ? error.code : 'UNEXPECTED';
  const message = scrub(messageOf(error));
  const hint = scrub(
    (expected ? error.hint : 'This is a fault of create-anchor itself. Please report it.') ?? '',
  );
  const cause = expected && error.cause !== undefined ? scrub(messageOf(error.cause)) : '';
  if (json) {
    printJson(io, { error: { code, message, hint: hint === '' ? null : hint } });
  } else {
    io.stderr(`${paint(io, 'red', `error[${code}]:`)} ${message}\n`);
    if (cause !== '' && !message.includes(cause)) io.stderr(`  because: ${cause}\n`);
    if (hint !== '') io.stderr(`  ${paint(io, 'bold', 'hint:')} ${hint.replaceAll('\n', '\n        ')}\n`);
  }
  const debug = (io.env.ANCHOR_DEBUG ?? '') !== '';
  if ((!expected || debug) && error instanceof Error && error.stack) io.stderr(`${scrub(error.stack)}\n`);
  return expected ? error.exitStatus : 1;
}

/** Columns of text, each as wide as its widest cell. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, at) => {
      widths[at] = Math.max(widths[at] ?? 0, cell.length);
    });
  }
  return rows
    .map((row) =>
      row
        .map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}
