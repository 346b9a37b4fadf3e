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

/** One process at a time writes a state file. A lock whose process is gone counts for nothing. */
export function lock(path: string): () => void {
  const mine = String(process.pid);
  for (let attempt = 0; ; attempt++) {
    try {
      writeFileSync(path, mine, { flag: 'wx', mode: 0o600 });
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const holder = Number(readFileSync(path, 'utf8'));
      if (alive(holder) || attempt > 3) {
        throw new AnchorError({
          code: 'SANDBOX_STATE_IN_USE',
          message: `Another sandbox (process ${holder}) keeps its state in this file.`,
          hint: 'Use that one, stop it, or name another file with --state.',
        });
      }
      rmSync(path, { force: true });
    }
  }
  return () => rmSync(path, { force: true });
}
