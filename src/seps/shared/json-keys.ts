const QUOTE = 34;
const BACKSLASH = 92;
const COLON = 58;

/**
 * Whether the outermost object of a JSON text names a key twice: JSON.parse keeps the last one silently, other parsers the
 * first, and what two readers see differently is an attack.
 *
 * @param text valid JSON whose outermost value is an object
 * @param distinct the number of its distinct keys
 */
export function duplicateKeys(text: string, distinct: number): boolean {
  let depth = 0;
  let keys = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === QUOTE) at = endOfString(text, at);
    else if (char === COLON && depth === 1) keys++;
    else if (char === 123 || char === 91) depth++;
    else if (char === 125 || char === 93) depth--;
  }
  return keys !== distinct;
}

/** Position of the closing quote. */
function endOfString(text: string, start: number): number {
  let at = text.indexOf('"', start + 1);
  while (at > 0 && escaped(text, at)) at = text.indexOf('"', at + 1);
  return at < 0 ? text.length : at;
}

function escaped(text: string, quote: number): boolean {
  let slashes = 0;
  while (text.charCodeAt(quote - 1 - slashes) === BACKSLASH) slashes++;
  return slashes % 2 === 1;
}
