const CRLF = '\r\n';

/**
 * Gives a file name to the binary parts of a multipart form that have none. Some clients, the official wallet SDK among them, send the
 * bytes of a file with a content type and no name, and parsers by the book take such a part for text, which ruins it.
 *
 * @param type the Content-Type header with its boundary
 */
export function nameBinaryParts(bytes: Uint8Array, type: string): Uint8Array {
  const boundary = /;\s*boundary=(?:"([^"]{1,200})"|([^\s;]{1,200}))/i.exec(type);
  const mark = boundary?.[1] ?? boundary?.[2];
  if (mark === undefined) return bytes;
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const start = Buffer.from(`--${mark}${CRLF}`, 'latin1');
  const out: Buffer[] = [];
  let copied = 0;
  for (let at = body.indexOf(start); at >= 0; at = body.indexOf(start, at + start.length)) {
    if (at > 0 && body.subarray(at - 2, at).toString('latin1') !== CRLF) continue;
    const from = at + start.length;
    const end = body.indexOf(`${CRLF}${CRLF}`, from, 'latin1');
    if (end < 0 || end - from > 2_000) continue;
    const place = placeForName(body.subarray(from, end).toString('latin1'));
    if (place === null) continue;
    out.push(body.subarray(copied, from + place), Buffer.from('; filename="file"', 'latin1'));
    copied = from + place;
  }
  return out.length === 0 ? bytes : Buffer.concat([...out, body.subarray(copied)]);
}

/** Where in the headers of a part a file name is missing: at the end of its disposition. Null where none is. */
function placeForName(headers: string): number | null {
  const type = /^content-type:[ \t]*([^\s;]+)/im.exec(headers)?.[1]?.toLowerCase();
  if (type === undefined || type.startsWith('text/') || type === 'application/json') return null;
  const disposition = /^content-disposition:[^\r\n]*/im.exec(headers);
  if (disposition === null || /;\s*filename\*?\s*=/i.test(disposition[0])) return null;
  return disposition.index + disposition[0].length;
}
