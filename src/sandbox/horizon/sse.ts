import type { Context } from 'hono';
import { compact, type Fields } from './json.ts';
import type { Network } from './network.ts';

export interface StreamEvent {
  id?: string | undefined;
  data: Fields;
}

const HELLO = 'retry: 1000\nevent: open\ndata: "hello"\n\n';
const BROKEN = 'event: error\ndata: Unexpected stream error\n\n';
const GOODBYE = 'retry: 10\nevent: close\ndata: "byebye"\n\n';

/** All open streams, so that a server that stops can end them. */
export class Streams {
  private readonly open = new Set<() => void>();

  /**
   * Server-sent events: what `read` finds now, then what it finds after each ledger, until `limit` events are sent or
   * the client leaves. `read` is called once before the answer begins: what it throws becomes the answer.
   */
  serve(c: Context, network: Network, limit: number, read: () => StreamEvent[]): Response {
    const first = read();
    const encoder = new TextEncoder();
    let end = () => {};
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        let left = limit;
        let ended = false;
        const write = (text: string) => controller.enqueue(encoder.encode(text));
        const close = (last = GOODBYE) => {
          if (ended) return;
          end();
          write(last);
          controller.close();
        };
        const closeNow = () => close();
        const send = (events: StreamEvent[]) => {
          for (const { id, data } of events.slice(0, left)) {
            write(`${id === undefined ? '' : `id: ${id}\n`}data: ${compact(data)}\n\n`);
          }
          left -= Math.min(left, events.length);
          if (left === 0) close();
        };
        const { generation } = network;
        const leave = network.onLedger(() => {
          if (network.generation !== generation) return close();
          try {
            send(read());
          } catch {
            close(BROKEN);
          }
        });
        end = () => {
          ended = true;
          leave();
          this.open.delete(closeNow);
        };
        this.open.add(closeNow);
        c.req.raw.signal.addEventListener('abort', end, { once: true });
        write(HELLO);
        send(first);
      },
      cancel: () => end(),
    });
    return new Response(body, {
      headers: {
        'access-control-allow-origin': '*',
        'cache-control': 'no-cache',
        connection: 'keep-alive',
        'content-type': 'text/event-stream; charset=utf-8',
      },
    });
  }

  get size(): number {
    return this.open.size;
  }

  closeAll(): void {
    for (const close of [...this.open]) close();
  }
}
