import type { TestBank } from '../../config/integrations.ts';

/** `refused`: it never arrives; `lost`: it arrives, its answer does not; `page`, `down`: the bank answers nonsense; `hangs`: never. */
export type Fault = 'refused' | 'lost' | 'page' | 'down' | 'hangs';

type Fetch = (input: unknown, init?: { signal?: AbortSignal | null }) => Promise<Response>;
interface FetchHost {
  fetch: Fetch;
}

const html = '<!doctype html><title>Service unavailable</title>';

/** A call under a fault; `reached`: whether the fault met anything, so that the outcome says something. */
export async function underFault<T>(
  bank: Partial<TestBank>,
  fault: Fault,
  work: () => Promise<T>,
): Promise<{ outcome: T; reached: boolean }> {
  if (bank.inject !== undefined && (fault === 'refused' || fault === 'lost')) {
    const undo = bank.inject(fault);
    try {
      return { outcome: await work(), reached: true };
    } finally {
      undo();
    }
  }
  // what an adapter calls: there is no other way to stand between it and its bank
  const host = globalThis as unknown as FetchHost;
  const real = host.fetch;
  let reached = false;
  host.fetch = async (input, init) => {
    reached = true;
    return faulty(fault, () => real.call(globalThis, input, init), init?.signal ?? signalOf(input));
  };
  try {
    return { outcome: await work(), reached };
  } finally {
    host.fetch = real;
  }
}

const signalOf = (input: unknown): AbortSignal | null => (input instanceof Request ? input.signal : null);

async function faulty(
  fault: Fault,
  real: () => Promise<Response>,
  signal: AbortSignal | null | undefined,
): Promise<Response> {
  switch (fault) {
    case 'refused':
      // what fetch itself rejects with
      return Promise.reject(new TypeError('fetch failed: connection refused'));
    case 'lost':
      await real();
      return Promise.reject(new TypeError('fetch failed: socket hang up'));
    case 'page':
      return new Response(html, { status: 200, headers: { 'content-type': 'text/html' } });
    case 'down':
      return new Response('{"error":"internal"}', {
        status: 500,
        headers: { 'content-type': 'application/json' },
      });
    case 'hangs':
      return new Promise((_, reject) => {
        const stop = (): void => reject(signal?.reason);
        if (signal?.aborted) stop();
        else signal?.addEventListener('abort', stop, { once: true });
      });
  }
}
