import type { Keypair } from '@stellar/stellar-sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Net, payment } from '../support.ts';

const HELLO = 'retry: 1000\nevent: open\ndata: "hello"\n\n';
const GOODBYE = 'retry: 10\nevent: close\ndata: "byebye"\n\n';

/** Reads a stream piece by piece. */
class Reader {
  readonly response: Response;
  private readonly stop = new AbortController();
  private readonly reader: ReadableStreamDefaultReader<Uint8Array>;
  text = '';

  constructor(response: Response, stop: AbortController) {
    this.response = response;
    this.stop = stop;
    this.reader = (response.body as ReadableStream<Uint8Array>).getReader();
  }

  async until(found: (text: string) => boolean): Promise<string> {
    while (!found(this.text)) {
      const { value, done } = await this.reader.read();
      if (done) break;
      this.text += new TextDecoder().decode(value);
    }
    return this.text;
  }

  events(): { id: string; data: { id: string } }[] {
    return this.text
      .split('\n\n')
      .filter((part) => part.includes('data: {'))
      .map((part) => ({
        id: /^id: (.*)$/m.exec(part)?.[1] ?? '',
        data: JSON.parse(/^data: (.*)$/m.exec(part)?.[1] ?? 'null'),
      }));
  }

  leave(): void {
    this.stop.abort();
  }
}

describe('server-sent events', () => {
  const net = new Net();
  let alice: Keypair;
  let bob: Keypair;
  beforeAll(() => {
    alice = net.account();
    bob = net.account();
  });
  afterAll(() => net.sandbox.close());

  const stream = async (path: string, headers: Record<string, string> = {}) => {
    const stop = new AbortController();
    const response = await net.sandbox.fetch(
      new Request(`http://localhost${path}`, {
        headers: { accept: 'text/event-stream', ...headers },
        signal: stop.signal,
      }),
    );
    return new Reader(response, stop);
  };

  it('opens with hello and sends what comes after cursor=now, with ids', async () => {
    const reader = await stream(`/accounts/${bob.publicKey()}/payments?cursor=now`);
    expect(reader.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(reader.response.headers.get('cache-control')).toBe('no-cache');
    expect(await reader.until((text) => text.length >= HELLO.length)).toBe(HELLO);
    net.sandbox.closeLedger();
    net.apply(alice, payment(bob, '1'));
    await reader.until((text) => text.includes('data: {'));
    const [event] = reader.events();
    expect(event?.id).toBe(event?.data.id);
    expect(reader.text).toContain('\\u0026');
    reader.leave();
  });

  it('goes on after Last-Event-ID without loss or repetition', async () => {
    const first = await stream(`/accounts/${bob.publicKey()}/payments?cursor=now&limit=1`);
    net.apply(alice, payment(bob, '2'));
    const text = await first.until((got) => got.endsWith(GOODBYE));
    expect(text.startsWith(HELLO)).toBe(true);
    const [last] = first.events();
    net.apply(alice, payment(bob, '3'));
    net.apply(alice, payment(bob, '4'));
    const second = await stream(`/accounts/${bob.publicKey()}/payments`, {
      'last-event-id': last?.id ?? '',
    });
    await second.until(() => second.events().length >= 2);
    expect(second.events()).toHaveLength(2);
    expect(BigInt(second.events()[0]?.id ?? 0)).toBeGreaterThan(BigInt(last?.id ?? 0));
    second.leave();
  });

  it('ends with byebye after as many events as the limit', async () => {
    const reader = await stream(`/accounts/${bob.publicKey()}/payments?limit=2`);
    const text = await reader.until((got) => got.endsWith(GOODBYE));
    expect(reader.events()).toHaveLength(2);
    expect(text.endsWith(GOODBYE)).toBe(true);
  });

  it('sends an account when a ledger changed it, without an id', async () => {
    const reader = await stream(`/accounts/${bob.publicKey()}`);
    await reader.until(() => reader.events().length === 1);
    net.sandbox.closeLedger();
    net.apply(alice, payment(bob, '5'));
    await reader.until(() => reader.events().length === 2);
    expect(reader.text).not.toContain('id: G');
    reader.leave();
  });

  it('sends ledgers as they close', async () => {
    const reader = await stream('/ledgers?cursor=now');
    const { sequence } = net.sandbox.ledger.header;
    net.sandbox.closeLedger();
    net.sandbox.closeLedger();
    await reader.until(() => reader.events().length === 2);
    expect(reader.events().map(({ id }) => BigInt(id) >> 32n)).toEqual([
      BigInt(sequence + 1),
      BigInt(sequence + 2),
    ]);
    reader.leave();
  });

  it('answers bad requests as usual, before any event', async () => {
    const bad = await stream(`/accounts/${bob.publicKey()}/payments?cursor=abc`);
    expect(bad.response.status).toBe(400);
    expect(bad.response.headers.get('content-type')).toContain('problem+json');
    const stranger = 'GDYZGDQRI347THN63NOQIJFWDD4ACAFM6II377KEJ7OPG2URVLU4CQV2';
    expect((await stream(`/accounts/${stranger}/payments`)).response.status).toBe(404);
    expect((await stream('/accounts?signer=x')).response.status).toBe(406);
  });

  it('ends all streams when the sandbox stops', async () => {
    const reader = await stream('/ledgers?cursor=now');
    await net.sandbox.stop();
    expect(await reader.until(() => false)).toBe(HELLO + GOODBYE);
  });

  it('survives a reset: streams of what is gone end', async () => {
    const reader = await stream(`/accounts/${bob.publicKey()}/payments?cursor=now`);
    expect((await net.post('/sandbox/reset', {})).status).toBe(200);
    await reader.until(() => false);
    expect(reader.text.startsWith(HELLO)).toBe(true);
  });
});
