import { defineForm } from 'create-anchor';

export default defineForm({
  title: 'Your bank account',
  guidance: 'Your withdrawal is paid out to this account.',
  kinds: ['withdrawal'],
  fields: [
    { name: 'bank_name', label: 'Bank', maxLength: 100 },
    {
      name: 'bank_account_number',
      label: 'Account number or IBAN',
      minLength: 4,
      maxLength: 40,
      validate: (value) =>
        /^[A-Za-z0-9 -]+$/.test(value)
          ? undefined
          : 'Only letters, digits, spaces and hyphens are expected here.',
    },
  ],
});
