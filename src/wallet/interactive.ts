import { AnchorError } from '../kernel/errors.ts';
import { createBrowser, type Page, type PageField, type PageForm } from './browser.ts';
import type { Step, WalletOptions } from './types.ts';

/** What a person would type, by SEP-9 name. */
export const SAMPLE: Record<string, string> = {
  first_name: 'Ada',
  last_name: 'Lovelace',
  email_address: 'ada@example.com',
  mobile_number: '+15551234567',
  address: '12 St James Square, London',
  birth_date: '1985-12-10',
  bank_account_number: '0123456789',
  bank_number: '021000021',
  bank_name: 'Example Bank',
};

/**
 * Opens the interactive URL (SEP-24) and fills each form as a person would, until a page has none left.
 *
 * @throws FORM_REFUSED when the same form comes back, with the page's words
 */
export async function fillForms(
  options: WalletOptions,
  url: string,
  amount: string,
  onStep: (step: Step) => void,
): Promise<void> {
  const browser = createBrowser(options.fetch);
  let page = checked(await browser.open(url));
  const seen = new Set<string>();
  for (let form = nextForm(page); form !== undefined; form = nextForm(page)) {
    const mark = form.fields.map((field) => field.name).join(' ');
    if (seen.has(mark)) {
      throw new AnchorError({
        code: 'FORM_REFUSED',
        message: `The anchor's form "${page.title}" did not accept the answers: ${brief(page.text)}`,
      });
    }
    seen.add(mark);
    const values = answer(form, { ...SAMPLE, ...options.answers, amount });
    page = checked(await browser.submit(page, form, values));
    onStep({ id: 'form', text: `Form filled: ${Object.keys(values).join(', ')}` });
  }
}

function checked(page: Page): Page {
  if (page.status < 400 || page.status === 422) return page;
  throw new AnchorError({
    code: 'PAGE_FAILED',
    message: `The interactive page answered ${page.status}: ${brief(page.text)}`,
  });
}

const isQuestion = (field: PageField): boolean => field.kind !== 'hidden' && field.kind !== 'submit';

const nextForm = (page: Page): PageForm | undefined =>
  page.forms.find((form) => form.fields.some(isQuestion));

function answer(form: PageForm, known: Record<string, string>): Record<string, string> {
  const values: Record<string, string> = {};
  for (const field of form.fields.filter(isQuestion)) {
    const choice = field.choices.find((value) => value !== '');
    const value = known[field.name] ?? (field.value || choice || sampleOf(field));
    if (value !== undefined && (field.required || field.name in known)) values[field.name] = value;
  }
  return values;
}

function sampleOf(field: PageField): string | undefined {
  if (!field.required) return undefined;
  if (field.kind === 'email') return SAMPLE['email_address'];
  if (field.kind === 'tel') return SAMPLE['mobile_number'];
  if (field.kind === 'date') return SAMPLE['birth_date'];
  if (field.kind === 'number') return '1';
  return field.kind === 'checkbox' ? 'on' : 'Sample';
}

const brief = (text: string): string => text.replace(/\s+/g, ' ').trim().slice(0, 300);
