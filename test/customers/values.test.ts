import { describe, expect, it } from 'vitest';
import type { CustomerFieldRule } from '../../src/config/customers.ts';
import { readCustomers } from '../../src/config/customers.ts';
import { Faults } from '../../src/config/faults.ts';
import { fieldType, mainName, RESERVED_NAMES, SEP9_FIELDS } from '../../src/config/sep9.ts';
import { checkContent } from '../../src/customers/content.ts';
import { en } from '../../src/customers/messages/en.ts';
import { es } from '../../src/customers/messages/es.ts';
import { fr } from '../../src/customers/messages/fr.ts';
import { id } from '../../src/customers/messages/id.ts';
import { describeField, languages, textsFor } from '../../src/customers/messages/index.ts';
import { pt } from '../../src/customers/messages/pt.ts';
import { checkValue } from '../../src/customers/values.ts';
import { jpeg, pdf, png } from '../seps/sep12-kyc/kyc.ts';

const text = textsFor('en');
const rules = readCustomers({ types: { all: [...SEP9_FIELDS.keys()] } }, {}, new Faults()).fields;
const check = (name: string, value: string, all: Record<string, string> = {}) =>
  checkValue(rules.get(name) as CustomerFieldRule, value, all, text);

describe('the fields of SEP-9', () => {
  it('are all there, by their own names (S9-05, S9-06, S9-07, S9-09, S9-10)', () => {
    const names =
      'last_name first_name additional_name address_country_code state_or_province city postal_code address mobile_number mobile_number_format ' +
      'email_address birth_date birth_place birth_country_code tax_id tax_id_name occupation employer_name employer_address language_code id_type ' +
      'id_country_code id_issue_date id_expiration_date id_number ip_address sex referral_id photo_id_front photo_id_back ' +
      'notary_approval_of_photo_id photo_proof_residence proof_of_income proof_of_liveness bank_name bank_account_type bank_account_number ' +
      'bank_number bank_phone_number bank_branch_number external_transfer_memo clabe_number cbu_number cbu_alias mobile_money_number ' +
      'mobile_money_provider crypto_address crypto_memo organization.name organization.VAT_number organization.registration_number ' +
      'organization.registration_date organization.registered_address organization.number_of_shareholders organization.shareholder_name ' +
      'organization.photo_incorporation_doc organization.photo_proof_address organization.address_country_code organization.state_or_province ' +
      'organization.city organization.postal_code organization.director_name organization.website organization.email organization.phone ' +
      'card.number card.expiration_date card.cvc card.holder_name card.network card.postal_code card.country_code card.state_or_province card.city ' +
      'card.address card.token';
    for (const name of names.split(' ')) expect(SEP9_FIELDS.has(name), name).toBe(true);
  });

  it('of accounts have a form for organizations (S9-08)', () => {
    for (const name of ['bank_account_number', 'clabe_number', 'crypto_address', 'mobile_money_provider']) {
      expect(SEP9_FIELDS.get(`organization.${name}`)).toBe(SEP9_FIELDS.get(name));
    }
  });

  it('have second names (S9-02)', () => {
    expect([mainName('family_name'), mainName('given_name'), mainName('city')]).toEqual([
      'last_name',
      'first_name',
      'city',
    ]);
    expect(RESERVED_NAMES.some((name) => SEP9_FIELDS.has(name))).toBe(false);
  });

  it('have kinds (S9-06, S12-14)', () => {
    const types = Object.fromEntries(
      [
        'photo_id_front',
        'occupation',
        'birth_date',
        'first_name',
        'organization.number_of_shareholders',
        'card.expiration_date',
      ].map((name) => [name, rules.get(name)?.type]),
    );
    expect(types).toEqual({
      photo_id_front: 'binary',
      occupation: 'number',
      birth_date: 'date',
      first_name: 'string',
      'organization.number_of_shareholders': 'number',
      'card.expiration_date': 'date',
    });
    expect(fieldType('date', 'organization.registration_date')).toBe('string');
  });

  it('have a description in every language (S12-22, SC-26)', () => {
    expect(languages().sort()).toEqual(['en', 'es', 'fr', 'id', 'pt']);
    for (const lang of languages()) {
      for (const name of SEP9_FIELDS.keys())
        expect(describeField(textsFor(lang), name), `${lang} ${name}`).toMatch(/\S/);
    }
    const holes = (message: string) => [...message.matchAll(/\{\w+\}/g)].map(String).sort();
    for (const messages of [es, fr, id, pt]) {
      expect(Object.keys(messages).sort()).toEqual(Object.keys(en).sort());
      for (const [key, message] of Object.entries(messages))
        expect(holes(message)).toEqual(holes(en[key as keyof typeof en]));
    }
  });

  it('are written as SEP-9 says, those of one country too (S9-03, S9-04, S9-11, S9-12, S9-13)', () => {
    const good: [string, string][] = [
      ['address_country_code', 'BRA'],
      ['card.country_code', 'BR'],
      ['language_code', 'pt'],
      ['birth_date', '1976-07-04'],
      ['birth_date', '2000-02-29'],
      ['card.expiration_date', '29-11'],
      ['card.state_or_province', 'BR-SP'],
      ['mobile_number', '+14155550123'],
      ['occupation', '251'],
      ['sex', 'other'],
      ['bank_account_type', 'savings'],
      ['clabe_number', '032180000118359719'],
      ['cbu_number', '2850590940090418135201'],
      ['card.number', '4242424242424242'],
      ['ip_address', '2001:db8::1'],
      ['organization.website', 'example.com'],
      ['email_address', 'a.b+c@example.co.uk'],
      ['address', 'Street 1\n10115 Berlin\nGermany'],
      ['first_name', '  José  '],
      ['organization.number_of_shareholders', '3'],
      ['id_type', 'passport'],
    ];
    for (const [name, value] of good) expect(check(name, value)).toBe(value.trim());
    const bad: [string, string][] = [
      ['address_country_code', 'BR'],
      ['card.country_code', 'BRA'],
      ['language_code', 'por'],
      ['birth_date', '1976-7-4'],
      ['birth_date', '2001-02-29'],
      ['card.expiration_date', '2029-11'],
      ['card.expiration_date', '29-13'],
      ['card.state_or_province', 'São Paulo'],
      ['mobile_number', '4155550123'],
      ['occupation', '25x'],
      ['sex', 'x'],
      ['bank_account_type', 'current'],
      ['clabe_number', '032180000118359718'],
      ['cbu_number', '2850590940090418135200'],
      ['card.number', '4242424242424241'],
      ['ip_address', '300.1.1.1'],
      ['organization.website', 'javascript:alert(1)'],
      ['email_address', 'a@b'],
      ['first_name', 'a\nb'],
      ['first_name', 'a\ud800'],
      ['organization.number_of_shareholders', '-1'],
      ['address', 'a\0b'],
      ['first_name', '   '],
    ];
    for (const [name, value] of bad) {
      expect(() => check(name, value), `${name} ${value}`).toThrow(
        expect.objectContaining({ code: 'CUSTOMER_FIELD_INVALID', httpStatus: 400 }),
      );
    }
  });

  it('a phone number may be hashed where its format says so (S9-11)', () => {
    const hash = 'ab'.repeat(32);
    expect(check('mobile_number', hash, { mobile_number_format: 'hash' })).toBe(hash);
    expect(() => check('mobile_number', hash)).toThrow();
    expect(() => check('mobile_number', hash, { mobile_number_format: 'E.164' })).toThrow();
  });
});

describe('what is declared of fields', () => {
  const read = (toml: unknown, code = {}) => {
    const faults = new Faults();
    return {
      rules: readCustomers(toml, code, faults),
      faults: faults.list.map(({ code: fault, where }) => `${fault} ${where}`),
    };
  };

  it('checks choices, lengths, patterns and code (S12-29, S9-14)', () => {
    const { rules: own, faults } = read(
      {
        fields: {
          tax_id: { pattern: '\\d{3}', max_length: 3 },
          colour: { description: 'Colour', choices: ['red'] },
        },
        types: { x: ['tax_id', 'colour?', 'city'] },
      },
      {
        fields: {
          city: { validate: (value: string) => (value === 'Atlantis' ? 'is under water.' : undefined) },
        },
      },
    );
    expect(faults).toEqual([]);
    expect(own.types.get('x')).toEqual([
      { name: 'tax_id', optional: false },
      { name: 'colour', optional: true },
      { name: 'city', optional: false },
    ]);
    const value = (name: string, given: string) =>
      checkValue(own.fields.get(name) as CustomerFieldRule, given, {}, text);
    expect(value('tax_id', '123')).toBe('123');
    for (const [name, given] of [
      ['tax_id', '1234'],
      ['tax_id', 'abc'],
      ['colour', 'blue'],
      ['city', 'Atlantis'],
    ] as const) {
      expect(() => value(name, given)).toThrow();
    }
    expect(() => value('city', 'Atlantis')).toThrow(/under water/);
  });

  it('asks by itself only for what the official test suite knows (S9-15)', () => {
    const asked = [...read({}).rules.types.values()].flat().map(({ name }) => name);
    expect(
      asked.filter(
        (name) => !SEP9_FIELDS.has(name) || /^(?:organization|card)\.|^mobile_number_format$/.test(name),
      ),
    ).toEqual([]);
  });

  it('keeps the types that other SEPs name, unless they are declared', () => {
    expect([...read({}).rules.types.keys()]).toEqual(['sep6', 'sep31-sender', 'sep31-receiver']);
    const { rules: own } = read({ types: { business: ['organization.name'], sep6: ['email_address'] } });
    expect([...own.types.keys()]).toEqual(['business', 'sep6', 'sep31-sender', 'sep31-receiver']);
    expect(own.types.get('sep6')).toHaveLength(1);
  });

  it('tells every fault with its place', () => {
    const { faults } = read({
      types: { 'a b': [], x: 'first_name', y: ['frist_name'], z: ['city', 'city?'] },
      fields: {
        id: {},
        photo_file_id: { description: 'x' },
        city: { colour: 1, choices: [], min_length: -1, pattern: '(', description: { es: 'x' } },
        tax_id: 7,
      },
    });
    expect(faults).toEqual([
      'VALUE_INVALID anchor.toml: customers.fields.id',
      'VALUE_INVALID anchor.toml: customers.fields.photo_file_id',
      'UNKNOWN_KEY anchor.toml: customers.fields.city.colour',
      'VALUE_INVALID anchor.toml: customers.fields.city.choices',
      'VALUE_INVALID anchor.toml: customers.fields.city.min_length',
      'VALUE_INVALID anchor.toml: customers.fields.city.pattern',
      'VALUE_INVALID anchor.toml: customers.fields.city.description',
      'VALUE_INVALID anchor.toml: customers.fields.tax_id',
      'VALUE_INVALID anchor.toml: customers.types.a b',
      'VALUE_INVALID anchor.toml: customers.types.x',
      'VALUE_INVALID anchor.toml: customers.types.z',
      'VALUE_INVALID customers: frist_name',
    ]);
  });
});

describe('files', () => {
  it('keep the picture and lose EXIF, comments and what follows the end (S9-16)', () => {
    const tail = Buffer.from('<script>');
    const photo = checkContent(jpeg(8, 8, tail), 'image');
    const drawing = checkContent(
      Buffer.concat([
        png(2, 2, [
          ['tEXt', Buffer.from('a\0home')],
          ['gAMA', Buffer.alloc(4)],
        ]),
        tail,
      ]),
      'image',
    );
    for (const file of [photo, drawing]) {
      if (typeof file === 'string') throw new Error(file);
      for (const secret of ['GPS', 'home', '<script>', 'Exif'])
        expect(file.bytes.includes(secret)).toBe(false);
    }
    expect(photo).toMatchObject({ contentType: 'image/jpeg' });
    expect((photo as { bytes: Buffer }).bytes.subarray(-2)).toEqual(Buffer.from([0xff, 0xd9]));
    expect((drawing as { bytes: Buffer }).bytes.includes('gAMA')).toBe(true);
    expect(checkContent((photo as { bytes: Buffer }).bytes, 'image')).toEqual(photo);
    expect(checkContent(pdf, 'image')).toMatchObject({ contentType: 'application/pdf' });
  });

  it('that no decoder would read are refused, whatever is changed in them (S12-29)', () => {
    for (const good of [png(), jpeg()]) {
      for (let at = 0; at < good.length; at++) {
        const cut = checkContent(good.subarray(0, at), 'image');
        expect(typeof cut, `cut at ${at}`).toBe('string');
      }
    }
    expect(checkContent(png(20_000, 20_000), 'image')).toBe('dimensions');
    expect(checkContent(jpeg(60_000, 60_000), 'image')).toBe('dimensions');
  });
});
