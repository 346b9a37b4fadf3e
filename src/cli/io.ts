/** Where a command reads and writes. Standard output is data, standard error is talk. */
export interface Io {
  env: Record<string, string | undefined>;
  cwd: string;
  stdout(text: string): void;
  stderr(text: string): void;
  /** whether a person looks at standard error */
  readonly interactive: boolean;
  /** whether standard error takes colours (NO_COLOR, TERM) */
  readonly color: boolean;
}

export function processIo(): Io {
  const { env } = process;
  // a reader such as `head` may leave before we have said everything
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
  const interactive = process.stderr.isTTY === true;
  return {
    env,
    cwd: process.cwd(),
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
    interactive,
    color: interactive && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb',
  };
}

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

const CODES: Record<Style, [number, number]> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
};

/** Colour only where it is wanted; it never carries a meaning of its own. */
export function paint(io: Pick<Io, 'color'>, style: Style, text: string): string {
  const [on, off] = CODES[style];
  return io.color ? `\u001b[${on}m${text}\u001b[${off}m` : text;
}
