import type { Clock } from '../kernel/clock.ts';
import { messageOf } from '../kernel/errors.ts';
import type { KeyPair } from '../stellar/keys.ts';
import type { Fetch } from '../stellar/port.ts';
import { signatureOf } from './sign.ts';

/** How long a receiver may take to answer. */
export const SEND_TIMEOUT_MS = 10_000;

export interface SendPort {
  fetch: Fetch;
  clock: Clock;
  key: KeyPair;
  /** ends the wait */
  signal: AbortSignal;
}

export interface Sent {
  ok: boolean;
  /** `204`, `timeout`, `refused: …`, as it is shown to the operator */
  answer: string;
}

/** Posts one callback. What the receiver writes back is not read; a redirect is an answer like any other (SC-40). Never throws. */
export async function send(port: SendPort, url: string, body: string): Promise<Sent> {
  const bytes = Buffer.from(body);
  const signature = signatureOf(port.key, url, Math.floor(port.clock.now() / 1_000), bytes);
  const abort = new AbortController();
  const done = new AbortController();
  const late = port.clock
    .sleep(SEND_TIMEOUT_MS, AbortSignal.any([done.signal, port.signal]))
    .then(() => ({ ok: false, answer: 'timeout' }));
  const answered = port
    .fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', signature, 'x-stellar-signature': signature },
      body,
      redirect: 'manual',
      signal: abort.signal,
    })
    .then(
      (answer) => {
        answer.body?.cancel().catch(() => undefined);
        return { ok: answer.status >= 200 && answer.status < 300, answer: `${answer.status}` };
      },
      (error: unknown) => ({ ok: false, answer: messageOf(error).slice(0, 200) }),
    );
  try {
    return await Promise.race([answered, late]);
  } finally {
    done.abort();
    abort.abort();
  }
}
