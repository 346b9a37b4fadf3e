import { comparable, type Difference, jsonDifferences } from './differences.ts';
import { eventsIn, parseRawAnswer, parseRawRequest, readEvents } from './events.ts';
import { readManifest } from './fixtures.ts';
import { type HttpRecording, isRaw, LEDGER_OF_RECORDINGS, type RawRecording } from './http-fixtures.ts';
import { answerHeaders } from './http-headers.ts';
import { HORIZON } from './http-replay.ts';
import { isLeftOutValue } from './left-out.ts';
import type { HttpSandbox } from './open-sandbox.ts';

const root = (): string => readManifest().root_account_id;

export type LastLedger = number | 'end';

/** Posts whose place among the others does not follow from their time. Those that apply are posted once more. */
const AFTER: Record<string, number> = {
  'post-ok': LEDGER_OF_RECORDINGS + 1,
  'post-again': LEDGER_OF_RECORDINGS + 1,
  'post-transaction-failed': LEDGER_OF_RECORDINGS + 2,
  'post-bad-auth': LEDGER_OF_RECORDINGS + 2,
  'post-in-query': LEDGER_OF_RECORDINGS + 3,
};

/** The ledger that was the last when a request was recorded: some came before, some after what was posted. */
export function lastLedgerOf(recording: HttpRecording | RawRecording): LastLedger {
  const known = AFTER[recording.name];
  if (known !== undefined) return known;
  const headers = isRaw(recording)
    ? parseRawAnswer(recording.response.raw).headers
    : recording.response.headers;
  const date = Date.parse(headers.find(([key]) => key === 'Date')?.[1] ?? '');
  if (date <= Date.parse('2026-11-22T06:46:25Z')) return LEDGER_OF_RECORDINGS;
  return date <= Date.parse('2026-11-22T06:46:36Z') ? LEDGER_OF_RECORDINGS + 3 : 'end';
}

/** The ledgers that a stream of ledgers shows. */
export function ledgersIn(recording: RawRecording): { sequence: number; closeTime: number }[] {
  const { body } = parseRawAnswer(recording.response.raw);
  return eventsIn(body).flatMap(({ data }) => {
    const { sequence, closed_at } = (data ?? {}) as { sequence?: number; closed_at?: string };
    return sequence && closed_at ? [{ sequence, closeTime: Date.parse(closed_at) / 1000 }] : [];
  });
}

/** Friendbot was recorded on a port of its own; here it has a path. */
function urlOf({ request }: HttpRecording): string {
  if (request.headers['Host'] !== 'localhost:8001') return HORIZON + request.path;
  return `${HORIZON}/friendbot${new URL(request.path, HORIZON).search}`;
}

export async function ask(sandbox: HttpSandbox, recording: HttpRecording): Promise<Response> {
  const { request } = recording;
  const headers = new Headers(request.headers);
  headers.delete('host');
  if (request.body !== undefined && !headers.has('content-type')) {
    headers.set('content-type', 'application/x-www-form-urlencoded');
  }
  const body = request.body === undefined || request.body === '' ? {} : { body: request.body };
  return sandbox.fetch(new Request(urlOf(recording), { method: request.method, headers, ...body }));
}

export async function compareRecording(
  sandbox: HttpSandbox,
  recording: HttpRecording,
): Promise<Difference[]> {
  const response = await ask(sandbox, recording);
  const { status, headers, body, text } = recording.response;
  const answer = await response.text();
  const sandboxBody = body === undefined ? answer : parseOr(answer);
  return jsonDifferences(
    recording.request.path,
    { status, headers: answerHeaders(headers), body: comparable(body ?? text, root()) },
    {
      status: response.status,
      headers: answerHeaders([...response.headers], headers),
      body: comparable(sandboxBody, root()),
    },
    (path) => isLeftOutValue(recording.name, path),
  );
}

function parseOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** `during`: what happens on the network while the stream is open. */
export async function compareStream(
  sandbox: HttpSandbox,
  recording: RawRecording,
  during: () => Promise<void>,
): Promise<Difference[]> {
  const { path, headers } = parseRawRequest(recording.request.raw);
  const { Host: _, ...rest } = headers;
  const recorded = parseRawAnswer(recording.response.raw);
  const response = await sandbox.fetch(new Request(HORIZON + path, { headers: rest }));
  const isStream = recorded.headers.some(([, value]) => value.startsWith('text/event-stream'));
  const events = isStream ? eventsIn(recorded.body) : JSON.parse(recorded.body);
  const answer = isStream
    ? await readEvents(response, (events as unknown[]).length, during)
    : parseOr(await response.text());
  return jsonDifferences(
    path,
    { status: recorded.status, headers: answerHeaders(recorded.headers), events },
    {
      status: response.status,
      headers: answerHeaders([...response.headers], recorded.headers),
      events: answer,
    },
    (at) => isLeftOutValue(recording.name, at),
  );
}
