import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { en } from '../../src/web/messages/en.ts';
import { es } from '../../src/web/messages/es.ts';
import { fr } from '../../src/web/messages/fr.ts';
import { id } from '../../src/web/messages/id.ts';
import { languages, messagesFor } from '../../src/web/messages/index.ts';
import { pt } from '../../src/web/messages/pt.ts';
import { FORMS, useTestAnchor } from '../support/anchor.ts';
import { enter, PERSON } from './browser.ts';

const placeholders = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(([name]) => name).sort();

describe('the languages of the pages', () => {
  it.each(Object.entries({ es, fr, id, pt }))(
    '%s has every text that users see, with the same values',
    (_, texts) => {
      // The start page is for developers.
      const wanted = Object.keys(en).filter((key) => !key.startsWith('home.'));
      expect(wanted.filter((key) => !(key in texts))).toEqual([]);
      for (const [key, text] of Object.entries(texts)) {
        expect([key, placeholders(text)]).toEqual([key, placeholders(en[key as keyof typeof en])]);
      }
    },
  );

  it.each([
    ['es', 'es'],
    ['pt-BR', 'pt'],
    ['FR_ca', 'fr'],
    ['xx', 'en'],
    ['', 'en'],
    ['__proto__', 'en'],
    ['constructor', 'en'],
    [undefined, 'en'],
  ])('takes %s for %s (SC-26)', (tag, lang) => {
    expect(messagesFor(tag).lang).toBe(lang);
    expect(languages()).toContain(lang);
  });

  it('has no text that nobody shows', () => {
    const root = new URL('../../', import.meta.url).pathname;
    const files = ['src/web', 'templates/pages'].flatMap((folder) =>
      readdirSync(`${root}${folder}`, { recursive: true, encoding: 'utf8' })
        .filter((name) => /\.(ts|ejs)$/.test(name) && !name.startsWith('messages'))
        .map((name) => readFileSync(`${root}${folder}/${name}`, 'utf8')),
    );
    const all = files.join('\n');
    const unused = Object.keys(en).filter(
      (key) => !/^(state|home\.network)\./.test(key) && !all.includes(`'${key}'`),
    );
    expect(unused).toEqual([]);
  });
});

describe('a flow in Portuguese', () => {
  const anchor = useTestAnchor({ forms: FORMS });

  it('speaks it throughout and takes a comma for decimals (S24-40, SC-26)', async () => {
    const { id, base, visitor, first } = await enter(anchor, 'deposit', { lang: 'pt-BR', amount: '98.99' });
    expect(first.text).toContain('<html lang="pt">');
    expect(first.text).toContain('Depositar SRT');
    expect(first.text).toContain('value="98,99"');
    expect((await visitor.post(`${base}/amount`, { amount: '1.000' })).status).toBe(422);
    expect((await visitor.post(`${base}/amount`, { amount: '1.000,50' })).status).toBe(422);
    await visitor.post(`${base}/amount`, { amount: '50,5' });
    expect((await anchor.row(id)).amount_expected_units).toBe(505_000_000n);
    await visitor.post(`${base}/form/person`, PERSON);
    expect((await visitor.get(`${base}/status`)).text).toContain('Aguardando seu pagamento');
  });
});
