// The server's side of _http.ts.
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Listens, tells the parent, answers its questions and ends with it. */
export function serveForParent(
  server: Server,
  about: Record<string, unknown>,
  close: () => Promise<void>,
): void {
  server.listen(0, '127.0.0.1', () =>
    process.send?.({ port: (server.address() as AddressInfo).port, ...about }),
  );
  process.on('message', async (message) => {
    if (message === 'cpu') {
      const { user, system } = process.cpuUsage();
      process.send?.({ cpu: user + system });
      return;
    }
    server.close();
    await close();
    process.exit(0);
  });
}
