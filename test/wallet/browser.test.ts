import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { createBrowser } from '../../src/wallet/browser.ts';

const html = (body: string) =>
  new Response(`<title>Shop</title><main>${body}</main>`, { headers: { 'content-type': 'text/html' } });

function site() {
  const posts: { cookie: string | undefined; body: Record<string, unknown> }[] = [];
  const app = new Hono()
    .get('/start', (c) => {
      c.header('set-cookie', 'session=abc; HttpOnly; Path=/');
      return c.redirect('/form');
    })
    .get('/form', () =>
      html(`<form method="get"><input name="search"></form>
        <form method="post" action="/done?x=1">
          <input type="hidden" name="csrf" value="t&amp;1"><input name="amount" value="1">
          <input type="checkbox" name="extra" value="on"><select name="bank"><option value="">-</option><option value="b1">One</option></select>
          <button name="do" value="recalculate" formaction="/again">Again</button>
          <button name="do" value="go" class="primary">Go</button><button name="do" value="back">Back</button>
        </form>`),
    )
    .post('/done', async (c) => {
      posts.push({ cookie: c.req.header('cookie'), body: await c.req.parseBody() });
      return html('<p>Thank you</p>');
    })
    .get('/loop', (c) => c.redirect('/loop'));
  const browser = createBrowser(async (input, init) => app.request(input, init));
  return { browser, posts };
}

describe('the wallet’s browser', () => {
  it('follows redirects, keeps cookies, and presses the main button of the form', async () => {
    const { browser, posts } = site();
    const page = await browser.open('http://localhost/start');
    expect(page).toMatchObject({ url: 'http://localhost/form', title: 'Shop', status: 200 });
    const [form] = page.forms;
    expect(page.forms).toHaveLength(1);
    expect(form?.fields.map(({ name }) => name)).toEqual(['csrf', 'amount', 'extra', 'bank']);
    expect(form?.fields.find(({ name }) => name === 'bank')?.choices).toEqual(['', 'b1']);
    const done = await browser.submit(page, form as NonNullable<typeof form>, { amount: '7' });
    expect(done.text).toContain('Thank you');
    expect(posts).toEqual([
      { cookie: 'session=abc', body: { csrf: 't&1', amount: '7', bank: '', do: 'go' } },
    ]);
  });

  it('gives up on endless redirects', async () => {
    await expect(site().browser.open('http://localhost/loop')).rejects.toMatchObject({
      code: 'PAGE_REDIRECTS',
    });
  });
});
