import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import { getRequestListener } from '@hono/node-server';
import { AnchorError } from '../kernel/errors.ts';
import { BROKEN } from './faults.ts';
import type { SandboxOptions } from './options.ts';
import { createSandbox, type Sandbox } from './sandbox.ts';

export interface ServeOptions extends SandboxOptions {
  /** 0 takes any free port */
  port: number;
  /** default 127.0.0.1 */
  host?: string | undefined;
  /** written with `{url, port, pid}` once requests are answered, removed at the end */
  readyFile?: string | undefined;
}

export interface ServedSandbox {
  readonly sandbox: Sandbox;
  /** e.g. `http://127.0.0.1:8001` */
  readonly url: string;
  readonly port: number;
  /** Ends streams and connections, saves the state, removes the ready file. */
  close(): Promise<void>;
}

function listenError(error: NodeJS.ErrnoException, options: ServeOptions): AnchorError {
  const where = `${options.host ?? '127.0.0.1'}:${options.port}`;
  if (error.code === 'EADDRINUSE') {
    return new AnchorError({
      code: 'PORT_IN_USE',
      message: `Port ${options.port} is taken by another process.`,
      hint: 'Stop it, or choose another port with --port or SANDBOX_PORT.',
      cause: error,
    });
  }
  return new AnchorError({
    code: 'SANDBOX_LISTEN_FAILED',
    message: `The sandbox cannot listen on ${where}: ${error.code ?? error.message}.`,
    hint: 'Choose another address or port.',
    cause: error,
  });
}

function listen(server: Server, options: ServeOptions): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) => reject(listenError(error, options));
    server.once('error', fail);
    server.listen(options.port, options.host ?? '127.0.0.1', () => {
      server.removeListener('error', fail);
      resolve(server.address() as AddressInfo);
    });
  });
}

/** A fault that breaks the connection really breaks it. */
function breaking(sandbox: Sandbox) {
  return async (request: Request, env: object): Promise<Response> => {
    const answer = await sandbox.app.fetch(request, env);
    if (answer.headers.has(BROKEN)) (env as { outgoing?: ServerResponse }).outgoing?.socket?.destroy();
    return answer;
  };
}

function writeReadyFile(path: string, url: string, port: number): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify({ url, port, pid: process.pid })}\n`);
}

/**
 * Serves a sandbox over HTTP and closes ledgers. The port is taken before the state is opened, so of several that try
 * only one touches the file. @throws PORT_IN_USE, SANDBOX_LISTEN_FAILED and what createSandbox throws
 */
export async function serveSandbox(options: ServeOptions): Promise<ServedSandbox> {
  let handle: (incoming: IncomingMessage, outgoing: ServerResponse) => void = (_incoming, outgoing) => {
    outgoing.writeHead(503, { 'retry-after': '1' }).end();
  };
  const server = createServer((incoming, outgoing) => handle(incoming, outgoing));
  server.keepAliveTimeout = 65_000;
  const { port } = await listen(server, options);
  let sandbox: Sandbox;
  try {
    sandbox = createSandbox(options);
  } catch (error) {
    await new Promise((resolve) => server.close(resolve));
    throw error;
  }
  const listener = getRequestListener(breaking(sandbox), { overrideGlobalObjects: false });
  handle = (incoming, outgoing) => void listener(incoming, outgoing);
  sandbox.start();
  const host = options.host ?? '127.0.0.1';
  const url = `http://${host.includes(':') ? `[${host}]` : host === '0.0.0.0' ? '127.0.0.1' : host}:${port}`;
  if (options.readyFile !== undefined) writeReadyFile(options.readyFile, url, port);
  let closing: Promise<void> | null = null;
  const close = async () => {
    if (options.readyFile !== undefined) rmSync(options.readyFile, { force: true });
    const ended = new Promise((resolve) => server.close(resolve));
    await sandbox.close();
    server.closeAllConnections();
    await ended;
  };
  return {
    sandbox,
    url,
    port,
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}
