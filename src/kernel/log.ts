/** What our code says to the operator: an event name and fields. Secrets and personal data never go in. */
export interface Log {
  debug(event: string, fields?: Record<string, unknown>): void;
  info(event: string, fields?: Record<string, unknown>): void;
  warn(event: string, fields?: Record<string, unknown>): void;
  error(event: string, fields?: Record<string, unknown>): void;
  child(fields: Record<string, unknown>): Log;
}

export const silentLog: Log = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLog,
};

const SEED = /\bS[A-Z2-7]{55}\b/g;
const TOKEN = /\beyJ[\w-]+\.[\w-]+\.[\w-]*/g;

/** The last net under every log line: seeds and tokens that slipped into a text. */
export function scrub(text: string): string {
  return text.replace(SEED, 'S[redacted]').replace(TOKEN, '[token redacted]');
}
