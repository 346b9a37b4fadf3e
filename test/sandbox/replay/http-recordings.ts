import { type Difference, jsonDifferences } from './differences.ts';
import { eventsIn, parseRawAnswer, parseRawRequest, readEvents } from './events.ts';
import { type HttpRecording, isRaw, LEDGER_OF_RECORDINGS, type RawRecording } from './http-fixtures.ts';
import { answerHeaders } from './http-headers.ts';
import { HORIZON } from './http-replay.ts';
import { isLeftOutValue } from './left-out.ts';
import type { HttpSandbox } from './open-sandbox.ts';

/** The ledger that was the last when a request was recorded: some came before, some after what was posted. */
export function ledgerOf(recording: HttpRecording | RawRecording): number | 'last' {
  const { name } = recording;
  if (name === 'post-again') return LEDGER_OF_RECORDINGS + 1;
  if (name === 'post-bad-auth') return LEDGER_OF_RECORDINGS + 2;
  const headers = isRaw(recording)
    ? parseRawAnswer(recording.response.raw).headers
    : recording.response.headers;
  const date = Date.parse(headers.find(([key]) => key === 'Date')?.[1] ?? '');
  if (date <= Date.parse('2026-11-22T06:46:25Z')) return LEDGER_OF_RECORDINGS;
  return date <= Date.parse('2026-11-22T06:46:36Z') ? LEDGER_OF_RECORDINGS + 3 : 'last';
}

async function ask(sandbox: HttpSandbox, { request }: HttpRecording): Promise<Response> {
  const headers = new Headers(request.headers);
  headers.delete('host');
  if (request.body !== undefined && !headers.has('content-type')) {
    headers.set('content-type', 'application/x-www-form-urlencoded');
  }
  const body = request.body === undefined || request.body === '' ? {} : { body: request.body };
  return sandbox.fetch(new Request(HORIZON + request.path, { method: request.method, headers, ...body }));
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
    { status, headers: answerHeaders(headers), body: body ?? text },
    {
      status: response.status,
      headers: answerHeaders([...response.headers], headers),
      body: sandboxBody,
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

/** `close`: what happens on the network while the stream is open. */
export async function compareStream(
  sandbox: HttpSandbox,
  recording: RawRecording,
  close: () => void,
): Promise<Difference[]> {
  const { path, headers } = parseRawRequest(recording.request.raw);
  const { Host: _, ...rest } = headers;
  const recorded = parseRawAnswer(recording.response.raw);
  const response = await sandbox.fetch(new Request(HORIZON + path, { headers: rest }));
  const isStream = recorded.headers.some(([, value]) => value.startsWith('text/event-stream'));
  const events = isStream ? eventsIn(recorded.body) : JSON.parse(recorded.body);
  const answer = isStream
    ? await readEvents(response, (events as unknown[]).length, close)
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
