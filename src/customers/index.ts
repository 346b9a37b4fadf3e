export { type CustomerChange, type CustomersContext, declaredTypes, rulesOf } from './context.ts';
export { customerFields } from './details.ts';
export { customerNotFound } from './errors.ts';
export { type FileRow, listFiles, uploadFile } from './files.ts';
export { type CustomerKey, type CustomerRow, customerById, findCustomer } from './find.ts';
export { languageOf, languages, type Translate, textsFor } from './messages/index.ts';
export { type PutRequest, putCustomer } from './put.ts';
export {
  type CustomerStatus,
  type FieldView,
  type ProvidedFieldView,
  type StatusOptions,
  statusOf,
} from './status.ts';
