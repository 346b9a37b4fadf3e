import { limits } from '../kernel/limits.ts';
import type { Io } from './io.ts';

export interface Stop {
  /** aborted by the first SIGINT or SIGTERM */
  readonly signal: AbortSignal;
  /** resolves when it is time to stop */
  readonly asked: Promise<void>;
  /** 130 or 143 after a signal, else the status given */
  status(otherwise: number): number;
  /** stops as SIGTERM would */
  now(): void;
  dispose(): void;
}

const STATUS = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * The first signal asks everything to finish, the second one ends the process at once, and so does a shut-down that takes too long.
 *
 * @param signals which to listen to; a child of `anchor dev` leaves SIGINT to its parent
 */
export function onStop(io: Io, signals: readonly (keyof typeof STATUS)[] = ['SIGINT', 'SIGTERM']): Stop {
  const controller = new AbortController();
  let received: number | null = null;
  let force: NodeJS.Timeout | undefined;
  const stop = (status: number) => {
    if (received !== null) process.exit(received);
    received = status;
    force = setTimeout(() => process.exit(status), limits.shutdownGraceMs);
    force.unref();
    controller.abort();
  };
  const listeners = signals.map((name) => {
    const listener = () => {
      if (io.interactive && received === null) io.stderr('\nstopping; once more to force it\n');
      stop(STATUS[name]);
    };
    process.on(name, listener);
    return { name, listener };
  });
  const ignored = () => {};
  if (!signals.includes('SIGINT')) process.on('SIGINT', ignored);
  return {
    signal: controller.signal,
    asked: new Promise((resolve) =>
      controller.signal.addEventListener('abort', () => resolve(), { once: true }),
    ),
    status: (otherwise) => received ?? otherwise,
    now: () => {
      if (received === null) stop(STATUS.SIGTERM);
    },
    dispose() {
      for (const { name, listener } of listeners) process.off(name, listener);
      process.off('SIGINT', ignored);
      clearTimeout(force);
    },
  };
}
