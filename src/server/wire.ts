import { standing } from '../customers/index.ts';
import type { Queries } from '../database/port.ts';
import { describeTransfer } from '../seps/sep06-transfer/index.ts';
import { printCustomer } from '../seps/sep12-kyc/index.ts';
import { describeTransaction } from '../seps/sep24-interactive/index.ts';
import { describePayment, wireStatus } from '../seps/sep31-payments/index.ts';
import type { AnchorContext, Wire } from '../transfers/context.ts';
import { customersOf } from '../transfers/customers.ts';
import type { TransactionRow } from '../transfers/rows.ts';

const PRINT: Readonly<
  Record<TransactionRow['sep'], (ctx: AnchorContext, row: TransactionRow) => Promise<unknown>>
> = {
  '6': describeTransfer,
  '24': describeTransaction,
  '31': describePayment,
};

/** How things look to wallets, for the rooms below the SEPs. */
export const createWire = (ctx: AnchorContext): Wire => ({
  transaction: (trx, row) => PRINT[row.sep](reading(ctx, trx), row),
  // SEP-31 has fewer statuses, and knows no kyc_verified
  isNews: (before, after) =>
    after.sep !== '31' || after.kind === 'deposit' || wireStatus(before.status) !== wireStatus(after.status),
  customer: async (trx, customer, type) =>
    printCustomer(await standing(customersOf(ctx), trx, customer, type)),
});

/** The same anchor, looking at the database from inside of a transaction. */
const reading = (ctx: AnchorContext, trx: Queries): AnchorContext => ({
  ...ctx,
  db: Object.create(ctx.db, { read: { value: trx } }) as AnchorContext['db'],
});
