import { fstatSync } from 'node:fs';

/**
 * What is piped into standard input; the empty text from a terminal, or where nothing comes.
 *
 * @param options.waitMs how long it may be silent; null: until its end
 * @param options.maxChars what is longer is cut off there
 */
export async function readPiped(options: { waitMs: number | null; maxChars?: number }): Promise<string> {
  if (!isPiped()) return '';
  const { stdin } = process;
  const maxChars = options.maxChars ?? 10_000;
  const text = await new Promise<string>((resolve) => {
    let data = '';
    const timer = options.waitMs === null ? null : setTimeout(() => resolve(data), options.waitMs);
    stdin.setEncoding('utf8');
    stdin.on('data', (chunk) => {
      data += chunk;
      timer?.refresh();
      if (data.length > maxChars) resolve(data);
    });
    stdin.once('end', () => resolve(data));
    stdin.once('error', () => resolve(data));
  });
  stdin.destroy();
  return text.slice(0, maxChars);
}

/** Whether standard input is a pipe or a file, rather than a terminal or nothing. */
function isPiped(): boolean {
  if (process.stdin.isTTY === true) return false;
  try {
    const stat = fstatSync(0);
    return stat.isFIFO() || stat.isSocket() || stat.isFile();
  } catch {
    return false;
  }
}
