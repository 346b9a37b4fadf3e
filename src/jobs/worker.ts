import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Ids } from '../kernel/ids.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { claimMachine, keepMachine } from '../transfers/machine.ts';
import type { Worker } from '../transfers/pass.ts';

const read = (file: () => string): string => {
  try {
    return file().trim();
  } catch {
    return '';
  }
};

/** This process as a holder of leases. A lease of a process of this machine that has ended is free at once. */
export function thisWorker(ids: Ids): Worker {
  const boot = read(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'));
  const processes = read(() => readlinkSync('/proc/self/ns/pid'));
  const machine = `${hostname()}/${processes}`;
  return {
    owner: `${process.pid}:${ids.uuid()}`,
    machine,
    boot,
    isGone(lease) {
      if (lease.machine !== machine) return false;
      if (lease.boot !== boot) return true;
      const pid = Number(lease.owner.split(':')[0]);
      return Number.isSafeInteger(pid) && pid > 0 && !isAlive(pid);
    },
  };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** For a process that serves without jobs. @throws SQLITE_ON_TWO_MACHINES */
export const claimThisMachine = (ctx: AnchorContext): Promise<void> => claimMachine(ctx, thisWorker(ctx.ids));

export const keepThisMachine = (ctx: AnchorContext, signal: AbortSignal): Promise<void> =>
  keepMachine(ctx, thisWorker(ctx.ids), signal);
