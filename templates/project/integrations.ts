import { defineIntegrations, fakeBank } from 'create-anchor';

// Your bank. This one is a file that behaves like a bank, so that everything works from the first minute:
// its page is at /bank, and `anchor wallet` and the demo wallet pay through it. Replace it by your bank's API.
const bank = fakeBank(new URL('./data/fake-bank.jsonl', import.meta.url));

export default defineIntegrations({
  rails: {
    // What arrived at the bank since `cursor`. Each credit carries the reference that its payer was shown;
    // by it the credit finds its deposit. It does no harm to answer a credit twice.
    async pollDeposits({ cursor }) {
      return bank.creditsSince(cursor);
    },

    // Pay a withdrawal out. `key` is the same on every attempt: hand it to the bank as its idempotency key.
    // If this throws, nobody knows whether the bank paid, and `lookupPayout` is asked; so never catch and answer "rejected".
    async payout({ key, amount, transaction }) {
      const to = transaction.fields.bank_account_number;
      if (!to) return { status: 'rejected', reason: 'No bank account was given.' };
      const payout = await bank.send({ key, amount, to, reference: transaction.reference });
      return { status: 'completed', externalId: payout.id };
    },

    // What became of the payout with this key. Where the bank books later than it answers, let `payout` answer
    // "accepted" and add `pollPayouts`.
    async lookupPayout(key) {
      const payout = await bank.find(key);
      return payout === null ? { status: 'none' } : { status: 'completed', externalId: payout.id };
    },

    // Send a credit that belongs to nothing back to its payer.
    async refund({ key, credit, amount }) {
      const payout = await bank.send({
        key,
        amount,
        to: credit.from ?? 'payer',
        reference: `refund ${credit.id}`,
      });
      return { status: 'completed', externalId: payout.id };
    },
  },

  // Added to /.well-known/stellar.toml; the organization in anchor.toml is there already.
  toml: () => ({
    PRINCIPALS: [],
  }),

  deposit: {
    // How to pay, shown on the status page of a deposit.
    instructions: (transaction) => [
      { label: 'Pay to', value: 'Sample Bank, account 12345678' },
      { label: 'Reference', value: transaction.reference, copy: true },
    ],
  },

  sep6: {
    // The same for wallets without pages (SEP-6), by SEP-9 name. `null` as long as you do not know it.
    instructions: (transaction) => ({
      'organization.bank_name': { value: 'Sample Bank', description: 'Bank' },
      'organization.bank_account_number': { value: '12345678', description: 'Account number' },
      'organization.external_transfer_memo': { value: transaction.reference, description: 'Reference' },
    }),
  },

  customers: {
    // Who may be a customer (SEP-12), asked when all that you want to know was given: put your provider's check here. On the sandbox
    // everybody may. Elsewhere this leaves it to you, until you write it: `anchor customers list --status PROCESSING`.
    review: (_customer, ctx) => ({ status: ctx.network === 'sandbox' ? 'ACCEPTED' : 'PROCESSING' }),
  },

  quotes: {
    // What one asset costs in another (SEP-38), your margin included: ask your source of rates here. These figures are for the sandbox.
    price({ sellAsset, buyAsset }, ctx) {
      if (ctx.network !== 'sandbox') return { refused: 'This anchor has no exchange rates yet.' };
      const perToken: Record<string, string> = { 'iso4217:USD': '1', 'iso4217:BRL': '5.42' };
      const selling = sellAsset.startsWith('stellar:');
      const figure = perToken[selling ? buyAsset : sellAsset];
      if (!figure) return null; // a pair that you do not offer
      const fee = { percent: '1' };
      // `price` is what one unit of the buy asset costs, `rate` what one unit of the sell asset brings
      return selling ? { rate: figure, fee } : { price: figure, fee };
    },
  },

  // Lets the demo wallet and the page /bank pay into the fake bank. Remove it together with the fake bank.
  testBank: bank,
});
