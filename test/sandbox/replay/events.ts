/** One server-sent event. `data` is parsed where it is JSON. */
export interface StreamEvent {
  id?: string;
  event?: string;
  retry?: string;
  data?: unknown;
}

function parse(block: string): StreamEvent {
  const event: Record<string, unknown> = {};
  for (const line of block.split('\n')) {
    const [, field, value] = /^(id|event|retry|data): ?(.*)$/.exec(line) ?? [];
    if (field === 'data') event['data'] = JSON.parse(value ?? 'null');
    else if (field) event[field] = value;
  }
  return event;
}

/** The events in the text of a stream; what follows the last empty line is not complete yet. */
export function eventsIn(text: string): StreamEvent[] {
  const blocks = text.split('\n\n').slice(0, -1);
  return blocks.map(parse).filter((event) => Object.keys(event).length > 0);
}

/** Takes the chunk sizes of HTTP/1.1 out of a body. */
function unchunk(body: string): string {
  let rest = Buffer.from(body, 'utf8');
  const parts: Buffer[] = [];
  for (;;) {
    const end = rest.indexOf('\r\n');
    if (end < 0) return Buffer.concat(parts).toString('utf8');
    const size = Number.parseInt(rest.subarray(0, end).toString('latin1'), 16);
    parts.push(rest.subarray(end + 2, end + 2 + size));
    rest = rest.subarray(end + 2 + size + 2);
  }
}

export interface RawAnswer {
  status: number;
  headers: [string, string][];
  body: string;
}

/** An answer as the bytes of its connection. */
export function parseRawAnswer(raw: string): RawAnswer {
  const at = raw.indexOf('\r\n\r\n');
  const [first = '', ...lines] = raw.slice(0, at).split('\r\n');
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(': ');
    return [line.slice(0, colon), line.slice(colon + 2)];
  });
  const chunked = headers.some(([name, value]) => name === 'Transfer-Encoding' && value === 'chunked');
  const body = raw.slice(at + 4);
  return { status: Number(first.split(' ')[1]), headers, body: chunked ? unchunk(body) : body };
}

export function parseRawRequest(raw: string): { path: string; headers: Record<string, string> } {
  const [first = '', ...lines] = raw.split('\r\n');
  const headers = lines
    .filter((line) => line.includes(': '))
    .map((line) => line.split(': ') as [string, string]);
  return { path: first.split(' ')[1] ?? '/', headers: Object.fromEntries(headers) };
}

/** Reads events as they come, until there are `count` or the stream ends; then hangs up. */
export async function readEvents(
  response: Response,
  count: number,
  onFirst: () => void,
): Promise<StreamEvent[]> {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let text = '';
  let events: StreamEvent[] = [];
  while (reader && events.length < count) {
    const { done, value } = await reader.read();
    if (done) break;
    text += decoder.decode(value, { stream: true });
    const before = events.length;
    events = eventsIn(text);
    if (before === 0 && events.length > 0 && events.length < count) await onFirst();
  }
  await reader?.cancel();
  return events;
}
