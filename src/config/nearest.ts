const normal = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '');

/** The name that was most likely meant, or undefined where none is near. */
export function nearest(name: string, valid: Iterable<string>): string | undefined {
  const typed = normal(name);
  let best: { name: string; distance: number } | undefined;
  for (const candidate of valid) {
    const distance = editDistance(typed, normal(candidate));
    if (best === undefined || distance < best.distance) best = { name: candidate, distance };
  }
  if (best === undefined) return undefined;
  const allowed = Math.max(1, Math.floor(Math.max(typed.length, normal(best.name).length) / 3));
  return best.distance <= allowed ? best.name : undefined;
}

/** Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`. */
export function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const above = rows[i - 1] as number[];
      const replace = (above[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let least = Math.min((above[j] as number) + 1, (row[j - 1] as number) + 1, replace);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, ((rows[i - 2] as number[])[j - 2] as number) + 1);
      }
      row.push(least);
    }
    rows.push(row);
  }
  return (rows[a.length] as number[])[b.length] as number;
}

/** ` Did you mean x?` or the whole list where nothing is near. */
export function suggestion(name: string, valid: readonly string[]): string {
  const near = nearest(name, valid);
  return near === undefined ? `Known here: ${valid.join(', ')}.` : `Did you mean ${near}?`;
}
