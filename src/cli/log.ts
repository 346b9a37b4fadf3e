import { pino } from 'pino';
import { type Log, scrub } from '../kernel/log.ts';
import { type Io, paint, type Style } from './io.ts';

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

/**
 * Structured logs on standard error: JSON lines, or short readable ones on a terminal. `LOG_LEVEL` sets how much. Whatever looks
 * like a secret is struck out of every line.
 *
 * @param options.level default `info`; LOG_LEVEL wins
 */
export function createLog(io: Io, options: { level?: string } = {}): Log {
  const wanted = (io.env.LOG_LEVEL ?? '').toLowerCase();
  const level = LEVELS.includes(wanted) ? wanted : (options.level ?? 'info');
  const write = (line: string) => io.stderr(scrub(io.interactive ? readable(io, line) : line));
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      messageKey: 'event',
      formatters: { level: (label) => ({ level: label }) },
    },
    { write },
  );
  return wrap(logger);
}

type Fields = Record<string, unknown>;

interface Logger {
  debug(fields: Fields, event: string): void;
  info(fields: Fields, event: string): void;
  warn(fields: Fields, event: string): void;
  error(fields: Fields, event: string): void;
  child(fields: Fields): Logger;
}

const wrap = (logger: Logger): Log => ({
  debug: (event, fields) => logger.debug(plain(fields), event),
  info: (event, fields) => logger.info(plain(fields), event),
  warn: (event, fields) => logger.warn(plain(fields), event),
  error: (event, fields) => logger.error(plain(fields), event),
  child: (fields) => wrap(logger.child(plain(fields))),
});

/** Errors with their code and stack, and 64-bit integers as text: JSON knows neither. */
function plain(fields: Fields = {}): Fields {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, plainValue(value)]));
}

function plainValue(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (!(value instanceof Error)) return value;
  const code = (value as { code?: unknown }).code;
  const cause = value.cause === undefined ? {} : { cause: plainValue(value.cause) };
  return {
    message: value.message,
    ...(typeof code === 'string' ? { code } : {}),
    stack: value.stack,
    ...cause,
  };
}

const STYLES: Record<string, Style> = { info: 'cyan', warn: 'yellow', error: 'red', fatal: 'red' };

function readable(io: Io, line: string): string {
  const { level, time, event, ...fields } = JSON.parse(line) as Fields & {
    level: string;
    time: string;
    event: string;
  };
  const style = STYLES[level] ?? 'dim';
  const rest = Object.entries(fields)
    .map(([key, value]) => `${key}=${shown(value)}`)
    .join(' ');
  return `${paint(io, 'dim', time.slice(11, 19))} ${paint(io, style, level.padEnd(5))} ${event} ${paint(io, 'dim', rest)}\n`;
}

function shown(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'object' && value !== null && 'stack' in value && typeof value.stack === 'string') {
    return `\n${value.stack}`;
  }
  return JSON.stringify(value);
}
