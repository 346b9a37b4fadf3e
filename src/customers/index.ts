export { setCallback } from './callback.ts';
export { type CustomerChange, type CustomersContext, declaredTypes, rulesOf } from './context.ts';
export { customerFields } from './details.ts';
export { eraseById, eraseCustomer } from './erase.ts';
export { customerNotFound } from './errors.ts';
export { dropAllExpired, type FileRow, listFiles, uploadFile } from './files.ts';
export { type CustomerKey, type CustomerRow, customerById, findCustomer } from './find.ts';
export { languageOf, languages, type Translate, textsFor } from './messages/index.ts';
export {
  type CustomerListing,
  type CustomerRecord,
  customerFile,
  decideCustomer,
  listCustomers,
  reopenCustomer,
  reviewDue,
  showCustomer,
} from './operator.ts';
export { type PutRequest, putCustomer } from './put.ts';
export { requiredFor } from './required.ts';
export type { Decider } from './review.ts';
export {
  type CustomerStatus,
  type FieldView,
  type ProvidedFieldView,
  type StatusOptions,
  standing,
  statusOf,
} from './status.ts';
