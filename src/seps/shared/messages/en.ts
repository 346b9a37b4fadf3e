/** What the protocol answers tell people: descriptions, instructions, reasons. `{name}` is filled in. */
export const en = {
  'method.type': 'How you pay or are paid.',
  'field.dest': 'Number of the bank account to be paid.',
  'field.destExtra': 'Routing number or BIC of the bank.',
  'fee.description': 'The fee of a deposit or withdrawal, in the asset.',
  'instruction.reference': 'Give this reference with your payment, so that it finds you.',
  'how.reference': 'Pay to us and give the reference {reference}.',
  'how.later': 'How to pay is told with the transaction as soon as your data are complete.',
  'how.soon': 'How to pay is told with the transaction in a moment.',
  'info.needed': 'Some data of this transaction have to be corrected.',
  'customer.needed': 'We need some data about you before this can go on.',
  'customer.processing': 'We are looking at your data.',
  'customer.rejected': 'We cannot offer this to you.',
  'sep31.sender': 'A person who sends money through another anchor.',
  'sep31.receiver': 'A person who is paid money that another anchor sends.',
  'sep31.sender_rejected': 'We cannot take payments of this sender.',
  'sep31.receiver_rejected': 'We cannot pay this receiver.',
  'sep31.customers_needed': 'Some data of the sender or the receiver have to be corrected: see SEP-12.',
} as const;

export type TextKey = keyof typeof en;
export type Texts = Readonly<Record<TextKey, string>>;
