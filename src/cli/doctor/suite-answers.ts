import type { Project } from '../../config/project.ts';

/** What a made-up customer answers, by SEP-9 name; others are text. */
const ANSWERS: Readonly<Record<string, string>> = {
  last_name: 'Doe',
  given_name: 'John',
  family_name: 'Doe',
  bank_account_type: 'checking',
  bank_account_number: '1234567890',
  bank_number: '123456789',
  bank_branch_number: '123',
  clabe_number: '032180000118359719',
  cbu_number: '2850590940090418135201',
  birth_date: '1990-01-31',
  address_country_code: 'USA',
  birth_country_code: 'USA',
  id_country_code: 'USA',
  id_type: 'passport',
  id_number: 'AB123456',
  id_issue_date: '2020-01-31',
  id_expiration_date: '2035-01-31',
  mobile_number: '+12025550123',
  postal_code: '10001',
  sex: 'female',
  ip_address: '192.0.2.1',
  language_code: 'en',
  type: 'SEPA',
};

const FIRST_NAMES = {
  toBeCreated: 'John',
  sendingClient: 'Allie',
  receivingClient: 'Lee',
  toBeDeleted: 'Jane',
};

export function answerTo(name: string, choices?: readonly string[]): string {
  const known = ANSWERS[name];
  if (choices !== undefined && choices.length > 0)
    return known !== undefined && choices.includes(known) ? known : (choices[0] as string);
  return known ?? `test ${name}`.slice(0, 30);
}

/** Values for the fields of an `/info`, by name. */
export const fieldsOf = (
  described: Record<string, { choices?: string[]; optional?: boolean }>,
): Record<string, string> =>
  Object.fromEntries(Object.entries(described).map(([name, { choices }]) => [name, answerTo(name, choices)]));

/** Four customers with all fields that this anchor asks of any. */
export function customersOf(project: Project): unknown {
  const names = namesAsked(project);
  const customers = Object.fromEntries(
    Object.entries(FIRST_NAMES).map(([key, first]) => [
      key,
      {
        ...Object.fromEntries(names.map((name) => [name, answerTo(name)])),
        first_name: first,
        last_name: 'Doe',
        email_address: `${first.toLowerCase()}@example.com`,
      },
    ]),
  );
  return {
    customers,
    createCustomer: 'toBeCreated',
    deleteCustomer: 'toBeDeleted',
    sameAccountDifferentMemos: ['sendingClient', 'receivingClient'],
  };
}

/** Text fields of every KYC type. */
function namesAsked(_project: Project): string[] {
  return ['bank_account_number', 'bank_account_type', 'bank_number'];
}
