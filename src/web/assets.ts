import { createHash } from 'node:crypto';
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { extname, join, sep } from 'node:path';
import type { AnchorContext } from '../transfers/context.ts';
import { packageRoot } from './package-root.ts';
import { themeCss } from './theme.ts';

const TYPES: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.gif': 'image/gif',
  '.webp': 'image/webp',
  '.avif': 'image/avif',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.woff': 'font/woff',
  '.txt': 'text/plain; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.pdf': 'application/pdf',
  '.xml': 'application/xml',
  '.webmanifest': 'application/manifest+json',
};

const MAX_FILE_BYTES = 20_000_000;

export interface StaticFile {
  bytes: Uint8Array<ArrayBuffer>;
  type: string;
  etag: string;
}

interface Cached extends StaticFile {
  modified: number;
  size: number;
}

const cache = new Map<string, Cached>();

/** Names of path parts that may be served: no dot files, no `..`, no drive letters, no back-slashes, no NUL. */
const PART = /^[A-Za-z0-9_@+ ()-][A-Za-z0-9_.@+ ()-]*$/;

/** A regular file inside `folder`, also after links are followed; null for everything else. */
function fileIn(folder: string, name: string): { path: string; modified: number; size: number } | null {
  const parts = name.split('/');
  if (parts.length > 8 || !parts.every((part) => part.length <= 200 && PART.test(part))) return null;
  try {
    const root = realpathSync(folder);
    const path = realpathSync(join(root, ...parts));
    if (!path.startsWith(root + sep)) return null;
    const stat = statSync(path);
    return stat.isFile() && stat.size <= MAX_FILE_BYTES
      ? { path, modified: stat.mtimeMs, size: stat.size }
      : null;
  } catch {
    return null;
  }
}

const publicFolder = (ctx: AnchorContext) => join(ctx.project.root, 'public');
const staticFolder = () => join(packageRoot(), 'templates', 'static');

function read(ctx: AnchorContext, found: { path: string; modified: number; size: number }): StaticFile {
  // The accent colour goes in front of the stylesheet: one request, no inline style.
  const prefix = found.path.endsWith('anchor.css') ? themeCss(ctx.project.branding.accent) : '';
  const key = `${found.path}\n${prefix}`;
  const known = cache.get(key);
  if (known?.modified === found.modified && known.size === found.size) return known;
  const bytes = new Uint8Array(Buffer.concat([Buffer.from(prefix), readFileSync(found.path)]));
  const etag = createHash('sha256').update(bytes).digest('base64url').slice(0, 16);
  const type = TYPES[extname(found.path).toLowerCase()] ?? 'application/octet-stream';
  const file = { bytes, type, etag, modified: found.modified, size: found.size };
  if (found.size < 1_000_000) cache.set(key, file);
  return file;
}

/** A file of ours below `/static/`; one of the same name in the project's `public/` wins. Null when there is none. */
export function staticFile(ctx: AnchorContext, name: string): StaticFile | null {
  const found = fileIn(publicFolder(ctx), name) ?? fileIn(staticFolder(), name);
  return found === null ? null : read(ctx, found);
}

/** A file of the project's `public/`, served below `/public/`. */
export function publicFile(ctx: AnchorContext, name: string): StaticFile | null {
  const found = fileIn(publicFolder(ctx), name);
  return found === null ? null : read(ctx, found);
}

/** Address of a static file with its version, so that browsers may keep it. */
export function assetUrl(ctx: AnchorContext, name: string): string {
  const file = staticFile(ctx, name);
  return `/static/${name}${file === null ? '' : `?v=${file.etag}`}`;
}

/** The file as an HTTP answer; uploaded HTML and SVG cannot run script here (sandbox). */
export function fileResponse(
  file: StaticFile,
  request: { etag: string | undefined; versioned: boolean },
): Response {
  const headers: Record<string, string> = {
    'content-type': file.type,
    etag: `"${file.etag}"`,
    'cache-control': request.versioned ? 'public, max-age=31536000, immutable' : 'public, max-age=300',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; img-src data: https:; sandbox",
    'access-control-allow-origin': '*',
  };
  if (request.etag === `"${file.etag}"`) return new Response(null, { status: 304, headers });
  return new Response(file.bytes, { status: 200, headers });
}
