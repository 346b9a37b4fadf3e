import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { AnchorError } from '../../kernel/errors.ts';

function alive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * When a process began, where the system tells it (Linux: boot and clock ticks since): process ids are used again, above
 * all the small ones of containers.
 */
function birthOf(pid: number): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return `${boot}/${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`;
  } catch {
    return '';
  }
}

/** The process that holds a lock, or null when it is gone. */
function holderOf(path: string): number | null {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return null;
  }
  const [pid = '', birth = ''] = text.split(' ');
  const holder = Number(pid);
  return alive(holder) && (birth === '' || birth === birthOf(holder)) ? holder : null;
}

/** One process at a time writes a state file. A lock whose process is gone counts for nothing. @throws SANDBOX_STATE_IN_USE */
export function lock(path: string): () => void {
  const mine = `${process.pid} ${birthOf(process.pid)}`;
  for (let attempt = 0; ; attempt++) {
    try {
      writeFileSync(path, mine, { flag: 'wx', mode: 0o600 });
      return () => rmSync(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = holderOf(path);
    if (holder !== null || attempt > 3) {
      throw new AnchorError({
        code: 'SANDBOX_STATE_IN_USE',
        message: `Another sandbox (process ${holder ?? 'unknown'}) keeps its state in this file.`,
        hint: 'Use that one, stop it, or name another file with --state.',
      });
    }
    rmSync(path, { force: true });
  }
}
