export interface PageHeaderOptions {
  /** who may show the page in a frame, e.g. `https://wallet.example`; default nobody */
  frameAncestors?: readonly string[];
  /** further places the page's scripts may call, e.g. the sandbox's Horizon for the demo wallet */
  connect?: readonly string[];
}

/** No inline script, no inline style, nothing from elsewhere but pictures (S24-40, S24-41). */
export function contentSecurityPolicy(options: PageHeaderOptions = {}): string {
  const frames = options.frameAncestors ?? [];
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: https:",
    "font-src 'self'",
    `connect-src ${["'self'", ...(options.connect ?? [])].join(' ')}`,
    "form-action 'self'",
    "base-uri 'none'",
    `frame-ancestors ${frames.length === 0 ? "'none'" : frames.join(' ')}`,
  ].join('; ');
}

/** Headers of every page: it may show personal data, and its address may carry a token (S24-41). */
export function pageHeaders(options: PageHeaderOptions = {}): Record<string, string> {
  return {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': contentSecurityPolicy(options),
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=()',
    ...((options.frameAncestors ?? []).length === 0 ? { 'x-frame-options': 'DENY' } : {}),
  };
}

/** A page as an HTTP answer. */
export function htmlResponse(
  html: string,
  options: PageHeaderOptions & { status?: number; headers?: Record<string, string> } = {},
): Response {
  return new Response(html, {
    status: options.status ?? 200,
    headers: { ...pageHeaders(options), ...options.headers },
  });
}

/** JSON for our own scripts: never cached, never framed, same origin only. */
export function jsonResponse(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    },
  });
}

export function redirectResponse(
  to: string,
  status: 302 | 303,
  headers: Record<string, string> = {},
): Response {
  return new Response(null, {
    status,
    headers: { location: to, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer', ...headers },
  });
}
