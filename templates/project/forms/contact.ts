import { defineForm } from 'create-anchor';

// One step of the interactive pages, shown after the amount. The names are those of SEP-9 where it has one,
// so that wallets which know the user can fill them in.
export default defineForm({
  title: 'About you',
  guidance: 'We need to know whom we deal with.',
  fields: [
    { name: 'first_name', label: 'First name', autocomplete: 'given-name', maxLength: 100 },
    { name: 'last_name', label: 'Last name', autocomplete: 'family-name', maxLength: 100 },
    { name: 'email_address', label: 'E-mail address', kind: 'email', autocomplete: 'email' },
  ],
});
