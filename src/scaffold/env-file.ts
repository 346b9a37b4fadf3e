/** A line of `.env`: a comment, or a name with its value. */
export type EnvLine = { comment: string } | { name: string; value: string };

/** The text of `.env`; with `values: false` that of `.env.example`. */
export function printEnv(lines: readonly EnvLine[], options: { values: boolean } = { values: true }): string {
  let text = '';
  for (const [at, line] of lines.entries()) {
    if ('comment' in line) {
      const before = lines[at - 1];
      if (before !== undefined && 'name' in before) text += '\n';
      if (at === 1) text += '\n';
      text += `# ${line.comment}\n`;
    } else {
      text += `${line.name}=${options.values ? quote(line.value) : ''}\n`;
    }
  }
  return text;
}

/** As dotenv reads it back: plain where nothing is special, else within a quote that the value does not hold. */
function quote(value: string): string {
  if (/^[\w:/+=@%.,~-]*$/.test(value)) return value;
  for (const mark of ["'", '`', '"']) if (!value.includes(mark)) return `${mark}${value}${mark}`;
  return value;
}

/** The text with the values of an earlier file put in; names that only the earlier one has follow at the end. */
export function keepValues(text: string, earlier: Record<string, string>): string {
  const left = new Map(Object.entries(earlier));
  const lines = text.split('\n').map((line) => {
    const name = /^(\w+)=/.exec(line)?.[1];
    const value = name === undefined ? undefined : left.get(name);
    if (name === undefined || value === undefined) return line;
    left.delete(name);
    return `${name}=${quote(value)}`;
  });
  const more = [...left].map(([name, value]) => `${name}=${quote(value)}\n`).join('');
  return lines.join('\n') + (more === '' ? '' : `\n# From the earlier .env\n${more}`);
}
