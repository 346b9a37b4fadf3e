import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import type { Hono } from 'hono';
import { AnchorError } from '../kernel/errors.ts';

export interface Listening {
  port: number;
  /** stops accepting, lets running requests finish, then closes what is idle */
  close(): Promise<void>;
}

/** @throws PORT_BUSY, LISTEN_FAILED */
export function listen(app: Hono, options: { port: number; hostname?: string }): Promise<Listening> {
  const server = createAdaptorServer({ fetch: app.fetch });
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(explain(error, options.port)));
    server.listen(options.port, options.hostname, () => {
      resolve({
        port: (server.address() as AddressInfo).port,
        close: () =>
          new Promise((done) => {
            server.close(() => done());
            if ('closeIdleConnections' in server) server.closeIdleConnections();
          }),
      });
    });
  });
}

function explain(error: NodeJS.ErrnoException, port: number): AnchorError {
  if (error.code === 'EADDRINUSE') {
    return new AnchorError({
      code: 'PORT_BUSY',
      message: `Port ${port} is already in use.`,
      hint: `Stop what listens there, or choose another: PORT=${port + 10} or --port ${port + 10}.`,
      cause: error,
    });
  }
  return new AnchorError({
    code: 'LISTEN_FAILED',
    message: `Cannot listen on port ${port}: ${error.message}`,
    cause: error,
  });
}
