/** Not compared: what the connection or the clock decides. */
const IGNORED = new Set([
  'date',
  'content-length',
  'transfer-encoding',
  'connection',
  'x-ratelimit-limit',
  'x-ratelimit-remaining',
  'x-ratelimit-reset',
]);

/** Headers by lower-case name, several of one name joined; with `only`, just those that are named there. */
export function answerHeaders(
  headers: [string, string][],
  only?: [string, string][],
): Record<string, string> {
  const wanted = only && new Set(only.map(([name]) => name.toLowerCase()));
  const values = new Map<string, string[]>();
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    if (IGNORED.has(key) || (wanted && !wanted.has(key))) continue;
    values.set(key, [...(values.get(key) ?? []), value]);
  }
  return Object.fromEntries([...values].map(([name, all]) => [name, all.join(', ')]));
}
