import { describe, expect, it } from 'vitest';
import { ALICE, FORMS, useTestAnchor } from '../support/anchor.ts';
import { begin, enter, PERSON, visitorOf } from './browser.ts';

const status = async (anchor: { row(id: string): Promise<{ status: string }> }, id: string) =>
  (await anchor.row(id)).status;

describe('the interactive URL', () => {
  const anchor = useTestAnchor({ forms: FORMS });

  it('turns its token into a session and a URL without it (S24-30, S24-41)', async () => {
    const { url, base } = await begin(anchor);
    const visitor = visitorOf(anchor);
    const answer = await visitor.get(url);
    expect([answer.status, answer.location]).toEqual([302, `${base}/amount`]);
    const cookie = answer.headers.get('set-cookie') ?? '';
    expect(cookie).toContain('HttpOnly');
    expect(cookie).toContain('SameSite=Lax');
    expect(cookie).toContain(`Path=${base};`);
    expect(cookie).not.toContain('Secure');
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const page = await visitor.get(`${base}/amount`);
    expect(page.status).toBe(200);
    expect(page.text).not.toContain(new URL(url).searchParams.get('token'));
    expect(page.text).not.toContain([...visitor.cookies.values()][0]);
  });

  it('survives what wallets append, and keeps callbacks once (S24-31, S24-32)', async () => {
    const { url, id, base } = await begin(anchor);
    const callback = 'https://wallet.example/done?a=1';
    const visitor = visitorOf(anchor);
    const answer = await visitor.get(
      `${url}&callback=${encodeURIComponent(callback)}&on_change_callback=postMessage&lang=en`,
    );
    expect(answer.status).toBe(302);
    expect(await anchor.row(id)).toMatchObject({
      callback,
      on_change_callback: 'postMessage',
      status: 'incomplete',
    });
    await visitor.get(`${url}&callback=postMessage`);
    await visitor.get(`${base}?callback=postMessage`);
    expect((await anchor.row(id)).callback).toBe(callback);
  });

  it.each([
    'http://wallet.example/',
    'javascript:alert(1)',
    'ftp://wallet.example',
    'https://user:pw@wallet.example',
    'https://127.0.0.1:8080/',
    'https://0x7f000001/',
    'https://127.1/',
    'https://[::1]:80/x',
    'https://[::ffff:10.0.0.1]/',
    'https://169.254.169.254/latest',
    'https://intranet/',
    'https://db.internal/',
    'https://wallet.example:22/',
    'postmessage',
    `https://wallet.example/${'x'.repeat(3000)}`,
  ])('refuses callback %s without using the token up (S24-32, SC-40)', async (callback) => {
    const local = await begin(anchor);
    const visitor = visitorOf(anchor);
    const bad =
      callback.startsWith('https://127.0.0.1') ||
      callback.startsWith('https://127.1') ||
      callback.startsWith('https://0x7f') ||
      callback.startsWith('https://[::1]');
    const answer = await visitor.get(`${local.url}&callback=${encodeURIComponent(callback)}`);
    // Loopback addresses are for wallets in development: allowed in local mode only.
    expect(answer.status).toBe(bad ? 302 : 400);
    if (bad) return;
    expect(answer.headers.get('content-type')).toContain('text/html');
    expect(answer.text).not.toContain(callback);
    expect((await anchor.row(local.id)).callback).toBeNull();
    expect((await visitor.get(local.url)).status).toBe(302);
  });

  it('is good once and for a short time (S24-30, SV-01)', async () => {
    const { url, id, base } = await begin(anchor);
    const first = visitorOf(anchor);
    await first.get(url);
    const second = visitorOf(anchor);
    const reused = await second.get(url);
    expect([reused.status, reused.headers.get('content-type')]).toEqual([403, 'text/html; charset=utf-8']);
    expect(second.cookies.size).toBe(0);
    // The browser that has the session may come back with its old link.
    expect((await first.get(url)).location).toBe(`${base}/amount`);
    const late = await begin(anchor);
    anchor.clock.advance(6 * 60_000);
    expect((await visitorOf(anchor).get(late.url)).status).toBe(403);
    expect(await status(anchor, id)).toBe('incomplete');
  });

  it('is not used up by a link preview or a prefetch', async () => {
    const { url } = await begin(anchor);
    await anchor.request(url, { method: 'HEAD' });
    await anchor.request(url, { headers: { 'sec-purpose': 'prefetch;prerender' } });
    expect((await visitorOf(anchor).get(url)).status).toBe(302);
  });

  it('two browsers at once: one gets in', async () => {
    const { url } = await begin(anchor);
    const answers = await Promise.all([1, 2, 3, 4].map(() => visitorOf(anchor).get(url)));
    expect(answers.map((answer) => answer.status).sort()).toEqual([302, 403, 403, 403]);
  });

  it('refuses tokens of another kind or of another transaction (SC-14)', async () => {
    const mine = await begin(anchor);
    const other = await begin(anchor);
    const token = (url: string) => new URL(url).searchParams.get('token') ?? '';
    const more = (await (
      await anchor.request(`/sep24/transaction?id=${mine.id}`, {
        headers: { authorization: `Bearer ${anchor.token(ALICE)}` },
      })
    ).json()) as { transaction: { more_info_url: string } };
    for (const bad of [
      '',
      'x',
      anchor.token(ALICE),
      token(more.transaction.more_info_url),
      token(other.url),
      'A'.repeat(100_000),
    ]) {
      const answer = await visitorOf(anchor).get(`${mine.base}?token=${bad}`);
      expect(answer.status).toBe(403);
      expect(answer.headers.getSetCookie()).toEqual([]);
    }
    for (const query of [
      'token=%ff',
      'token=%E0%A4',
      'token=a&token=b',
      'callback=%ff&token=x',
      'token[]=x',
    ]) {
      expect((await visitorOf(anchor).get(`${mine.base}?${query}`)).status).toBeLessThan(404);
    }
    expect((await visitorOf(anchor).get('/interactive/%ff')).status).toBe(404);
    expect(
      (await visitorOf(anchor).get(mine.base, { cookie: 'anchor-session=%E0%A4; x=%; =;' })).status,
    ).toBe(403);
    for (const id of ['x', '%00', "' OR 1=1", '00000000-0000-4000-8000-000000000000', '__proto__']) {
      const answer = await visitorOf(anchor).get(`/interactive/${encodeURIComponent(id)}`);
      expect([401, 404]).toContain(answer.status);
    }
  });

  it.each(['amount', 'form/person', 'status', 'state', 'fee?amount=1'])(
    'shows nothing of %s without the session (S24-41)',
    async (page) => {
      const mine = await enter(anchor);
      const other = await begin(anchor);
      expect((await visitorOf(anchor).get(`${mine.base}/${page}`)).status).toBe(401);
      expect((await mine.visitor.get(`${other.base}/${page}`)).status).toBe(403);
      mine.visitor.cookies.set('anchor-session', 'A'.repeat(43));
      const answer = await mine.visitor.get(`${mine.base}/${page}`);
      expect(answer.status).toBe(403);
      expect(answer.text).not.toContain(ALICE);
    },
  );

  it('ends the session after two hours, in the middle of the forms', async () => {
    const { id, base, visitor } = await enter(anchor);
    expect((await visitor.post(`${base}/amount`, { amount: '100' })).location).toBe(`${base}/form/person`);
    anchor.clock.advance(2 * 3_600_000 + 1);
    const answer = await visitor.post(`${base}/form/person`, PERSON);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([403, 'text/html; charset=utf-8']);
    expect(await status(anchor, id)).toBe('incomplete');
  });
});

describe('forms are taken from our own pages only (S24-41)', () => {
  const anchor = useTestAnchor();

  it.each([
    ['another site', { 'sec-fetch-site': 'cross-site' }, {}],
    ['a sibling domain', { 'sec-fetch-site': 'same-site' }, {}],
    ['another origin, in an older browser', { 'sec-fetch-site': '', origin: 'https://evil.example' }, {}],
    ['a page without the CSRF token', {}, { csrf: '' }],
    ['a page with a wrong CSRF token', {}, { csrf: 'A'.repeat(43) }],
    ['another type', { 'content-type': 'text/plain' }, {}],
    ['JSON', { 'content-type': 'application/json' }, {}],
  ] as [string, Record<string, string>, Record<string, string>][])(
    'not from %s',
    async (_, headers, fields) => {
      const { id, base, visitor } = await enter(anchor);
      const answer = await visitor.post(`${base}/amount`, { amount: '100', ...fields }, headers);
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(500);
      expect(answer.headers.get('content-type')).toContain('text/html');
      expect(await anchor.row(id)).toMatchObject({ status: 'incomplete', amount_expected_units: null });
    },
  );

  it('takes the CSRF token of this session, not of another', async () => {
    const [one, two] = [await enter(anchor), await enter(anchor)];
    const answer = await one.visitor.post(`${one.base}/amount`, { amount: '100', csrf: two.visitor.csrf });
    expect(answer.status).toBe(403);
    expect((await anchor.row(one.id)).status).toBe('incomplete');
  });

  it('refuses bodies that are too large or not what they say', async () => {
    const { id, base, visitor } = await enter(anchor);
    const csrf = `csrf=${visitor.csrf}`;
    for (const [body, code] of [
      [`${csrf}&amount=${'1'.repeat(60_000)}`, 413],
      [`${csrf}&amount=100&amount=200`, 400],
      [`${csrf}&amount=100&__proto__=1`, 400],
    ] as const) {
      expect((await visitor.post(`${base}/amount`, body)).status).toBe(code);
    }
    expect((await anchor.row(id)).amount_expected_units).toBeNull();
  });
});

describe('on https', () => {
  const anchor = useTestAnchor({ project: { hostUrl: 'https://anchor.example', localMode: false } });

  it('the cookie is Secure, and fit for a frame where it is framed (S24-41)', async () => {
    const plain = await anchor.request((await begin(anchor)).url);
    expect(plain.headers.get('set-cookie')).toMatch(/^__Secure-.*SameSite=Lax; Secure$/);
    const framed = await anchor.request((await begin(anchor)).url, {
      headers: { 'sec-fetch-dest': 'iframe' },
    });
    expect(framed.headers.get('set-cookie')).toMatch(/SameSite=None; Secure; Partitioned$/);
  });

  it('takes no loopback callback', async () => {
    for (const callback of [
      'http://localhost:1/',
      'https://127.0.0.1/',
      'https://127.1/',
      'https://[::1]/',
    ]) {
      const { url } = await begin(anchor);
      expect((await anchor.request(`${url}&callback=${encodeURIComponent(callback)}`)).status).toBe(400);
    }
  });

  it('lets the proven wallet and the page that opened it frame it and be told (S24-36, S24-40, SV-03)', async () => {
    const { url, base } = await begin(anchor, 'deposit', {}, { client_domain: 'wallet.example' });
    const visitor = visitorOf(anchor);
    await visitor.get(url, { referer: 'https://app.wallet.example/deposit?x=1' });
    const policy = (await visitor.get(`${base}/amount`)).headers.get('content-security-policy') ?? '';
    expect(policy).toContain("frame-ancestors 'self' https://wallet.example https://app.wallet.example");
    for (const part of [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "form-action 'self'",
      "base-uri 'none'",
    ]) {
      expect(policy).toContain(part);
    }
    expect(policy).not.toContain('unsafe');
    const home = await anchor.request('/');
    expect(home.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    const stranger = await begin(anchor, 'deposit', {}, { client_domain: 'evil; script-src *' });
    const other = visitorOf(anchor);
    await other.get(stranger.url);
    const own = (await other.get(`${stranger.base}/amount`)).headers.get('content-security-policy') ?? '';
    expect(own).toContain("frame-ancestors 'self'");
    expect(own).not.toContain('evil');
  });
});
