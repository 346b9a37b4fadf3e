import { type HTMLElement, parse } from 'node-html-parser';
import { AnchorError } from '../kernel/errors.ts';
import type { Fetch } from '../stellar/port.ts';
import { send } from './http.ts';

/** A page as a person would meet it: where it ended after redirects, its text and its forms. */
export interface Page {
  url: string;
  status: number;
  title: string;
  forms: PageForm[];
  text: string;
}

export interface PageForm {
  action: string;
  fields: PageField[];
  element: HTMLElement;
}

export interface PageField {
  name: string;
  kind: string;
  value: string;
  required: boolean;
  choices: string[];
}

/** The least of a browser that the interactive pages need: cookies, redirects and forms. */
export function createBrowser(fetch: Fetch) {
  const cookies = new Map<string, string>();

  async function visit(url: string, init: RequestInit = {}): Promise<Page> {
    let target = url;
    let request = init;
    for (let hop = 0; hop < 10; hop++) {
      const headers = new Headers(request.headers);
      if (cookies.size > 0)
        headers.set('cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '));
      headers.set('accept', 'text/html');
      const answer = await send(fetch, 'The interactive page', target, {
        ...request,
        headers,
        redirect: 'manual',
      });
      for (const cookie of answer.headers.getSetCookie()) {
        const [pair = ''] = cookie.split(';');
        cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
      }
      const location = answer.headers.get('location');
      if (answer.status < 300 || answer.status > 399 || location === null) return readPage(target, answer);
      await answer.arrayBuffer();
      target = new URL(location, target).href;
      request = {};
    }
    throw new AnchorError({ code: 'PAGE_REDIRECTS', message: 'The interactive page redirects without end.' });
  }

  return {
    open: (url: string) => visit(url),
    submit: (page: Page, form: PageForm, values: Record<string, string>) =>
      visit(new URL(form.action, page.url).href, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', origin: new URL(page.url).origin },
        body: new URLSearchParams({ ...initialValues(form), ...values, ...submitButton(form) }).toString(),
      }),
  };
}

async function readPage(url: string, answer: Response): Promise<Page> {
  const root = parse(await answer.text());
  const forms = root
    .querySelectorAll('form')
    .filter((form) => form.getAttribute('method')?.toLowerCase() === 'post');
  return {
    url,
    status: answer.status,
    title: root.querySelector('title')?.text.trim() ?? '',
    text: (root.querySelector('main') ?? root).structuredText,
    forms: forms.map((element) => ({
      element,
      action: element.getAttribute('action') ?? url,
      fields: readFields(element),
    })),
  };
}

function readFields(form: HTMLElement): PageField[] {
  return form.querySelectorAll('input[name], select[name], textarea[name]').map((element) => ({
    name: element.getAttribute('name') ?? '',
    kind:
      element.tagName === 'INPUT' ? (element.getAttribute('type') ?? 'text') : element.tagName.toLowerCase(),
    value: element.tagName === 'TEXTAREA' ? element.text : (element.getAttribute('value') ?? ''),
    required: element.hasAttribute('required'),
    choices: element.querySelectorAll('option').map((option) => option.getAttribute('value') ?? option.text),
  }));
}

function initialValues(form: PageForm): Record<string, string> {
  const kept = form.fields.filter(({ kind }) => kind !== 'checkbox' && kind !== 'radio' && kind !== 'submit');
  return Object.fromEntries(kept.map(({ name, value }) => [name, value]));
}

/** A person presses the main button: the last one that submits this form to its own action. */
function submitButton(form: PageForm): Record<string, string> {
  const buttons = form.element
    .querySelectorAll('button, input[type=submit]')
    .filter(
      (button) =>
        (button.getAttribute('type') ?? 'submit') === 'submit' && !button.hasAttribute('formaction'),
    );
  const main = buttons.find((button) => button.classList.contains('primary')) ?? buttons.at(-1);
  const name = main?.getAttribute('name');
  return name ? { [name]: main?.getAttribute('value') ?? '' } : {};
}
