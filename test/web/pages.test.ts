import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { renderPage } from '../../src/web/index.ts';
import { contrast, themeCss } from '../../src/web/theme.ts';
import { ALICE, FORMS, useTestAnchor } from '../support/anchor.ts';
import { begin, enter, PERSON, visitorOf } from './browser.ts';

/** What must never come out as it went in. */
const PAYLOADS = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "'});alert(1);({a:'",
  '</textarea><script>alert(1)</script>',
  '<%= 7*7 %>',
  '<%- include("/etc/passwd") %>',
  'javascript:alert(1)',
  '{{7*7}}',
  '&lt;script&gt;',
];

/** Markup of these would be an injection: our pages have no inline script and no event attributes. */
function clean(html: string): void {
  const scripts = [...html.matchAll(/<script\b[^>]*>/gi)].map(([tag]) => tag);
  for (const tag of scripts) expect(tag).toMatch(/^<script src="\/static\/[\w.-]+\?v=[\w-]+" defer>$/);
  expect(html.replace(/"[^"]*"/g, '""')).not.toMatch(/<[^>]+\son\w+\s*=/i);
  expect(html).not.toMatch(/<(?:img|iframe|object|style|base)\b/i);
  expect(html).not.toMatch(/(?:href|src|action)="\s*javascript:/i);
  expect(html).not.toContain('root:x:0');
  expect(html).not.toMatch(/ style="/);
}

describe('what users and wallets send is never markup', () => {
  const anchor = useTestAnchor({
    forms: {
      ...FORMS,
      free: { title: 'Free', fields: [{ name: 'essay', label: 'Essay', kind: 'textarea' }] },
    },
    project: {
      organization: { name: '<b>Bank</b> "&\'', url: 'javascript:alert(1)', supportEmail: 'a"b@x.example' },
    },
  });

  it.each(PAYLOADS)('%s', async (payload) => {
    const { id, base, visitor, url } = await enter(anchor, 'deposit', {
      first_name: payload,
      email_address: payload,
      wallet_name: payload,
      lang: payload,
      memo_type: 'text',
      memo: payload.slice(0, 28),
    });
    const pages = [await visitor.get(`${base}/amount`)];
    pages.push(await visitor.post(`${base}/amount`, { amount: payload }));
    pages.push(await visitor.post(`${base}/amount`, { amount: payload, action: 'recalculate' }));
    await visitor.post(`${base}/amount`, { amount: '100' });
    pages.push(await visitor.get(`${base}/form/person`));
    pages.push(
      await visitor.post(`${base}/form/person`, { ...PERSON, email_address: payload, last_name: payload }),
    );
    await visitor.post(`${base}/form/person`, { ...PERSON, first_name: payload });
    pages.push(await visitor.post(`${base}/form/free`, { essay: `${payload}\u0000` }));
    await visitor.post(`${base}/form/free`, { essay: payload });
    expect((await anchor.row(id)).status).toBe('pending_user_transfer_start');
    await anchor.ctx.db.read
      .updateTable('transactions')
      .set({ message: payload, external_transaction_id: payload, from_address: payload })
      .where('id', '=', id)
      .execute();
    pages.push(await visitor.get(`${base}/status`));
    pages.push(
      await visitor.get(
        `${base}/status?callback=${encodeURIComponent(payload)}&lang=${encodeURIComponent(payload)}`,
      ),
    );
    pages.push(await visitor.get(`${url}&callback=${encodeURIComponent(payload)}`));
    pages.push(
      await visitor.get(`/${encodeURIComponent(payload)}?lang=${encodeURIComponent(payload)}`, {
        'accept-language': payload,
      }),
    );
    pages.push(await visitor.get('/'));
    for (const page of pages) {
      expect(page.status).toBeLessThan(500);
      clean(page.text);
    }
    expect(pages[0]?.text).toContain('&lt;b&gt;Bank&lt;/b&gt;');
    expect(pages.at(-1)?.text).not.toContain('javascript:');
  });

  it('our own templates print raw only what was rendered before', async () => {
    const { globSync, readFileSync } = await import('node:fs').then((fs) => ({
      globSync: (folder: string) =>
        fs
          .readdirSync(folder, { recursive: true })
          .map(String)
          .filter((name) => name.endsWith('.ejs')),
      readFileSync: fs.readFileSync,
    }));
    const folder = new URL('../../templates/pages/', import.meta.url).pathname;
    for (const name of globSync(folder)) {
      const raw = [...readFileSync(join(folder, name), 'utf8').matchAll(/<%-\s*(\S+)/g)].map(
        (match) => match[1],
      );
      for (const what of raw)
        expect(what).toMatch(name === 'layout.ejs' ? /^(body|include\()/ : /^include\(/);
    }
  });
});

describe('templates and files of the project', () => {
  const anchor = useTestAnchor({
    files: {
      'pages/amount.ejs':
        '<p id="own">Own page for <%= unit %> <%= payload %></p><%- include("partials/steps") %>',
      'pages/partials/steps.ejs': '<p>Own steps</p>',
      'public/logo.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
      'public/anchor.css': 'body{color:red}',
      'public/deep/er/file.txt': 'deep',
      'public/.secret': 'no',
      '.env': 'SIGNING_SEED=S',
      'anchor.toml': 'name',
    },
    project: { branding: { accent: '#ffee00', logo: '/logo.svg' } },
  });

  it('win over ours, partials too', async () => {
    const html = renderPage(anchor.ctx, 'amount', { unit: 'SRT', payload: '<x>' });
    expect(html).toContain('Own page for SRT &lt;x&gt;');
    expect(html).toContain('<p>Own steps</p>');
    const logo = /<img class="logo" src="([^"]+)"/.exec(html)?.[1] ?? '';
    expect((await anchor.request(logo)).status).toBe(200);
  });

  it('are read again when they change', () => {
    const path = join(anchor.ctx.project.root, 'pages', 'home.ejs');
    writeFileSync(path, 'first');
    expect(renderPage(anchor.ctx, 'home')).toContain('first');
    writeFileSync(path, 'second one');
    expect(renderPage(anchor.ctx, 'home')).toContain('second one');
  });

  it('are served with type, version and the accent colour', async () => {
    const logo = await anchor.request('/public/logo.svg');
    expect([
      logo.status,
      logo.headers.get('content-type'),
      logo.headers.get('x-content-type-options'),
    ]).toEqual([200, 'image/svg+xml', 'nosniff']);
    expect(logo.headers.get('content-security-policy')).toContain('sandbox');
    const css = await anchor.request('/static/anchor.css?v=1');
    const text = await css.text();
    expect(text).toContain('body{color:red}');
    expect(text).toContain('--accent:#ffee00');
    expect(css.headers.get('cache-control')).toContain('immutable');
    const again = await anchor.request('/static/anchor.css', {
      headers: { 'if-none-match': css.headers.get('etag') ?? '' },
    });
    expect(again.status).toBe(304);
    expect((await anchor.request('/public/deep/er/file.txt')).status).toBe(200);
    expect((await anchor.request('/static/page.js')).headers.get('content-type')).toContain('javascript');
  });

  it.each([
    '/public/../.env',
    '/public/..%2f.env',
    '/public/%2e%2e/.env',
    '/public/%2e%2e%2fanchor.toml',
    '/public/..%5c.env',
    '/public/....//.env',
    '/public/.secret',
    '/public/%00',
    '/public/%ff',
    '/public/',
    '/public/deep',
    '/public//etc/passwd',
    '/static/../pages/layout.ejs',
    '/static/..%2fpages%2flayout.ejs',
    '/static/%2e%2e%2f%2e%2e%2fpackage.json',
    `/static/${'a/'.repeat(50)}b`,
    '/public/link.txt',
    '/public/out/passwd',
  ])('nothing else is: %s', async (path) => {
    const folder = join(anchor.ctx.project.root, 'public');
    mkdirSync(folder, { recursive: true });
    try {
      symlinkSync('../.env', join(folder, 'link.txt'));
      symlinkSync('/etc', join(folder, 'out'));
    } catch {
      // They are there from the test before.
    }
    const answer = await anchor.request(path);
    expect(answer.status).toBe(404);
    expect(await answer.text()).not.toMatch(/SIGNING_SEED|root:|"version"|<%/);
  });

  it('a broken one gives a plain error page, never a blank one or a 200', async () => {
    writeFileSync(join(anchor.ctx.project.root, 'pages', 'layout.ejs'), '<%= nothing.at.all %>');
    const answer = await anchor.request('/');
    expect(answer.status).toBe(500);
    expect(await answer.text()).toContain('Something went wrong');
    writeFileSync(join(anchor.ctx.project.root, 'pages', 'layout.ejs'), '<%- body %>');
  });
});

describe('colours', () => {
  it.each(['#000', '#fff', '#ffee00', '#3e5bf2', '#777777', '#123456'])('%s stays readable', (accent) => {
    const css = themeCss(accent);
    const [light, dark] = [...css.matchAll(/--link:(#\w{6})/g)].map((match) => match[1] as string);
    expect(contrast(light as string, '#ffffff')).toBeGreaterThanOrEqual(4.5);
    expect(contrast(dark as string, '#181b21')).toBeGreaterThanOrEqual(4.5);
    const [plain, on] = [/--accent:(#\w{6})/, /--on-accent:(#\w{6})/].map(
      (pattern) => pattern.exec(css)?.[1] as string,
    );
    expect(contrast(plain as string, on as string)).toBeGreaterThanOrEqual(4.4);
  });

  it('nothing but a colour gets into the stylesheet', () => {
    for (const evil of ['red;}body{display:none', 'url(https://x)', '#12', '', '#1234567']) {
      expect(themeCss(evil)).toContain('--accent:#3e5bf2');
    }
  });
});

describe('the start page', () => {
  const sandbox = useTestAnchor({
    integrations: { testBank: { pay: async () => '1', statement: async () => [] } },
  });
  const live = useTestAnchor({ project: { network: 'public' } });

  it('says where everything is and what to do next', async () => {
    const answer = await sandbox.request('/');
    const html = await answer.text();
    expect(answer.status).toBe(200);
    for (const link of ['/.well-known/stellar.toml', '/demo-wallet', '/bank', '/sep24/info'])
      expect(html).toContain(`href="${link}"`);
    expect(html).toContain('npx anchor');
  });

  it('shows nothing to try on the public network', async () => {
    const html = await (await live.request('/')).text();
    for (const word of ['/demo-wallet', '/bank', 'npx anchor', 'no real money'])
      expect(html).not.toContain(word);
    const { id } = await begin(live);
    await live.submit(id, 1_000_000_000n);
    const found = (await (
      await live.request(`/sep24/transaction?id=${id}`, {
        headers: { authorization: `Bearer ${live.token(ALICE)}` },
      })
    ).json()) as { transaction: { more_info_url: string } };
    const page = await (await live.request(found.transaction.more_info_url)).text();
    expect(page).toContain('Waiting for your payment');
    expect(page).not.toContain('For developers');
  });

  it('links the test bank from the deposit that it pays', async () => {
    const { base, visitor } = await enter(sandbox);
    await visitor.post(`${base}/amount`, { amount: '100' });
    expect((await visitor.get(`${base}/status`)).text).toMatch(
      /href="\/bank\?amount=100&amp;reference=\w{8}"/,
    );
  });
});

describe('faults of the anchor’s own code', () => {
  const lines: { event: string; fields: Record<string, unknown> }[] = [];
  const note = (event: string, fields: Record<string, unknown> = {}) => lines.push({ event, fields });
  const log = { debug: note, info: note, warn: note, error: note, child: () => log };
  const integrations = {
    deposit: {
      content: () => {
        throw new TypeError('the secret is SBQPDFUGLMWJYEYXFRM5TQX3AX2BR47WKI4FDS7EJQUSEUUVY72MZPJF');
      },
    },
    withdrawal: { content: () => ({ title: 7 }) as never },
  };
  const files = {
    'integrations.ts': `import { x } from './content';\nexport default {\n  deposit: { content: 1 },\n  withdrawal: {\n    async content() {\n      return { title: 7 };\n    },\n  },\n};\n`,
  };
  const dev = useTestAnchor({ integrations, dev: true, log, files });
  const live = useTestAnchor({ integrations, log });

  it('in anchor dev the page names hook, file and line, expected and found', async () => {
    const thrown = (await enter(dev, 'deposit')).first;
    expect(thrown.status).toBe(500);
    expect(thrown.text).toContain('deposit.content');
    expect(thrown.text).toContain('HOOK_FAILED');
    expect(thrown.text).not.toContain('SBQPDFUGL');
    const wrong = (await enter(dev, 'withdraw')).first;
    expect(wrong.text).toContain('HOOK_ANSWER_INVALID');
    for (const part of ['Expected', 'Found', 'title', 'integrations.ts:5', 'class="hit"'])
      expect(wrong.text).toContain(part);
    clean(wrong.text);
  });

  it('elsewhere only a number, which is in the log beside the rest', async () => {
    lines.length = 0;
    for (const kind of ['deposit', 'withdraw'] as const) {
      const { first } = await enter(live, kind);
      expect(first.status).toBe(500);
      for (const word of ['deposit.content', 'withdrawal', 'HOOK_', 'TypeError', 'secret', '.ts'])
        expect(first.text).not.toContain(word);
      const number = /<code>(\w{8})<\/code>/.exec(first.text)?.[1];
      expect(lines.some(({ fields }) => fields['errorId'] === number)).toBe(true);
    }
    expect(lines.filter(({ event }) => event === 'page_failed')).toHaveLength(2);
  });

  it('a script that asks gets a status, not a page', async () => {
    const { base } = await begin(live);
    const answer = await visitorOf(live).get(`${base}/state`);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      401,
      'application/json; charset=utf-8',
    ]);
  });
});
