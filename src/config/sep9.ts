/** How the value of a field is written (S9-03, S9-04). */
export type FieldKind =
  | 'text'
  | 'lines'
  | 'date'
  | 'month'
  | 'country'
  | 'country2'
  | 'subdivision'
  | 'language'
  | 'phone'
  | 'email'
  | 'occupation'
  | 'count'
  | 'ip'
  | 'url'
  | 'sex'
  | 'account_type'
  | 'phone_format'
  | 'clabe'
  | 'cbu'
  | 'card_number'
  | 'card_cvc'
  | 'image'
  | 'image_or_video';

/** As SEP-12 tells it to wallets (S12-14). */
export type FieldType = 'string' | 'number' | 'date' | 'binary';

const PERSON: Readonly<Record<string, FieldKind>> = {
  last_name: 'text',
  first_name: 'text',
  additional_name: 'text',
  address_country_code: 'country',
  state_or_province: 'text',
  city: 'text',
  postal_code: 'text',
  address: 'lines',
  mobile_number: 'phone',
  mobile_number_format: 'phone_format',
  email_address: 'email',
  birth_date: 'date',
  birth_place: 'text',
  birth_country_code: 'country',
  tax_id: 'text',
  tax_id_name: 'text',
  occupation: 'occupation',
  employer_name: 'text',
  employer_address: 'lines',
  language_code: 'language',
  id_type: 'text',
  id_country_code: 'country',
  id_issue_date: 'date',
  id_expiration_date: 'date',
  id_number: 'text',
  photo_id_front: 'image',
  photo_id_back: 'image',
  notary_approval_of_photo_id: 'image',
  ip_address: 'ip',
  photo_proof_residence: 'image',
  sex: 'sex',
  proof_of_income: 'image',
  proof_of_liveness: 'image_or_video',
  referral_id: 'text',
};

const FINANCIAL: Readonly<Record<string, FieldKind>> = {
  bank_name: 'text',
  bank_account_type: 'account_type',
  bank_account_number: 'text',
  bank_number: 'text',
  bank_phone_number: 'phone',
  bank_branch_number: 'text',
  external_transfer_memo: 'text',
  clabe_number: 'clabe',
  cbu_number: 'cbu',
  cbu_alias: 'text',
  mobile_money_number: 'phone',
  mobile_money_provider: 'text',
  crypto_address: 'text',
  crypto_memo: 'text',
};

const ORGANIZATION: Readonly<Record<string, FieldKind>> = {
  name: 'text',
  VAT_number: 'text',
  registration_number: 'text',
  registration_date: 'date',
  registered_address: 'lines',
  number_of_shareholders: 'count',
  shareholder_name: 'text',
  photo_incorporation_doc: 'image',
  photo_proof_address: 'image',
  address_country_code: 'country',
  state_or_province: 'text',
  city: 'text',
  postal_code: 'text',
  director_name: 'text',
  website: 'url',
  email: 'email',
  phone: 'phone',
};

const CARD: Readonly<Record<string, FieldKind>> = {
  number: 'card_number',
  expiration_date: 'month',
  cvc: 'card_cvc',
  holder_name: 'text',
  network: 'text',
  postal_code: 'text',
  country_code: 'country2',
  state_or_province: 'subdivision',
  city: 'text',
  address: 'lines',
  token: 'text',
};

const prefixed = (prefix: string, fields: Readonly<Record<string, FieldKind>>): [string, FieldKind][] =>
  Object.entries(fields).map(([name, kind]) => [`${prefix}.${name}`, kind]);

/** Every field of SEP-9 1.18 by its main name (S9-05 to S9-10). A dot is part of the name (S9-01). */
export const SEP9_FIELDS: ReadonlyMap<string, FieldKind> = new Map([
  ...Object.entries(PERSON),
  ...Object.entries(FINANCIAL),
  ...prefixed('organization', { ...FINANCIAL, ...ORGANIZATION }),
  ...prefixed('card', CARD),
]);

/** Second names, and what the official test suite says for `proof_of_income` (S9-02, S9-15). */
const ALIASES: Readonly<Record<string, string>> = {
  family_name: 'last_name',
  given_name: 'first_name',
  photo_proof_of_income: 'proof_of_income',
};

/** The main name of a field that has two. */
export const mainName = (name: string): string =>
  Object.hasOwn(ALIASES, name) ? (ALIASES[name] as string) : name;

/** A registration date is a `string` by SEP-9, a card's month a `date`; both are checked all the same. */
export function fieldType(kind: FieldKind, name = ''): FieldType {
  if (kind === 'image' || kind === 'image_or_video') return 'binary';
  if (kind === 'occupation' || kind === 'count') return 'number';
  if (kind === 'month') return 'date';
  return kind === 'date' && name !== 'organization.registration_date' ? 'date' : 'string';
}

export const isBinaryKind = (kind: FieldKind): boolean => kind === 'image' || kind === 'image_or_video';

/** Names by which SEP-12 requests say who is meant; no field can have one. */
export const RESERVED_NAMES: readonly string[] = [
  'id',
  'account',
  'memo',
  'memo_type',
  'type',
  'transaction_id',
  'lang',
  'url',
  'file',
  'file_id',
  'customer_id',
];
