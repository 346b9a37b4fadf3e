import { createServer, connect as dial, type Server, type Socket } from 'node:net';

/** What the wire between the anchor and the network does. */
export type Wire =
  | 'pass'
  /** every connection is cut, and no new one is taken */
  | 'cut'
  /** everything is swallowed, and nobody is told */
  | 'hang'
  /** transactions arrive, and the answers about them are lost with the connection */
  | 'deaf';

export interface Wiring {
  readonly port: number;
  /** connections that were made and spoilt since the last change */
  readonly spoilt: number;
  set(wire: Wire): void;
  close(): Promise<void>;
}

/** A wire of TCP to a port of this machine that can be cut, silenced and robbed of its answers. */
export async function startProxy(target: number): Promise<Wiring> {
  const open = new Set<Socket>();
  let wire: Wire = 'pass';
  let spoilt = 0;
  const end = (socket: Socket): void => {
    open.delete(socket);
    socket.destroy();
  };
  const server: Server = createServer((near) => {
    open.add(near);
    near.on('error', () => end(near));
    if (wire === 'cut') {
      spoilt += 1;
      end(near);
      return;
    }
    const far = dial(target, '127.0.0.1');
    open.add(far);
    far.on('error', () => end(near));
    let robbed = false;
    near.on('data', (data) => {
      if (wire === 'deaf' && data.includes('POST /transactions')) robbed = true;
      if (wire !== 'hang') far.write(data);
      else spoilt += 1;
    });
    far.on('data', (data) => {
      if (!robbed && wire !== 'hang') near.write(data);
      else {
        spoilt += 1;
        if (robbed) end(near);
      }
    });
    near.on('close', () => end(far));
    far.on('close', () => end(near));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as { port: number };
  return {
    port,
    get spoilt() {
      return spoilt;
    },
    set(next) {
      // what hangs is told at last
      if (next === 'cut' || wire === 'hang') for (const socket of [...open]) end(socket);
      wire = next;
      spoilt = 0;
    },
    close() {
      for (const socket of [...open]) end(socket);
      return new Promise((done) => server.close(() => done()));
    },
  };
}
