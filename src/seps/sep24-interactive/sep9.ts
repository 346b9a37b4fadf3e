import type { Fields } from '../shared/body.ts';
import { parameterInvalid } from '../shared/faults.ts';

const PERSON =
  'last_name first_name additional_name address_country_code state_or_province city postal_code address mobile_number ' +
  'mobile_number_format email_address birth_date birth_place birth_country_code tax_id tax_id_name occupation employer_name ' +
  'employer_address language_code id_type id_country_code id_issue_date id_expiration_date id_number ip_address sex referral_id';
const FINANCIAL =
  'bank_name bank_account_type bank_account_number bank_number bank_phone_number bank_branch_number external_transfer_memo ' +
  'clabe_number cbu_number cbu_alias mobile_money_number mobile_money_provider crypto_address crypto_memo';
const ORGANIZATION =
  'name VAT_number registration_number registration_date registered_address number_of_shareholders shareholder_name ' +
  'address_country_code state_or_province city postal_code director_name website email phone';

const financial = FINANCIAL.split(' ');
const prefixed = [...financial, ...ORGANIZATION.split(' ')].map((name) => `organization.${name}`);

/** Text fields of SEP-9 (S9-05, S9-07 to S9-09). Cards are left out: an anchor should not hold their numbers. */
const NAMES: ReadonlySet<string> = new Set([...PERSON.split(' '), ...financial, ...prefixed]);
const ALIASES: Readonly<Record<string, string>> = { family_name: 'last_name', given_name: 'first_name' };
const MAX_CHARS = 1000;

/**
 * The SEP-9 fields of a request under their main names (S9-02), and those that the project's own forms ask for: they fill the forms
 * in beforehand (S24-P13). Empty ones are left out (S24-14).
 *
 * @throws PARAMETER_INVALID (400) a value of more than 1000 characters
 */
export function sep9Fields(params: Fields, own: ReadonlySet<string>): Record<string, string> {
  const fields = Object.create(null) as Record<string, string>;
  for (const [given, value] of Object.entries(params)) {
    const name = Object.hasOwn(ALIASES, given) ? (ALIASES[given] as string) : given;
    if (value === '' || !(NAMES.has(name) || own.has(given))) continue;
    if (value.length > MAX_CHARS) throw parameterInvalid(name, `has at most ${MAX_CHARS} characters.`);
    if (given === name || !Object.hasOwn(fields, name)) fields[name] = value;
  }
  return { ...fields };
}
