import * as v from 'valibot';
import { body, type Endpoint, part, query } from '../shared/endpoint.ts';
import { field, id, time } from '../shared/shapes.ts';

const provided = v.object({
  ...field.entries,
  status: v.picklist(['ACCEPTED', 'PROCESSING', 'REJECTED', 'VERIFICATION_REQUIRED']),
  error: v.optional(v.string()),
});

/** S12-F01 to F05 */
const customer = v.strictObject({
  id: v.optional(id),
  status: v.picklist(['ACCEPTED', 'PROCESSING', 'NEEDS_INFO', 'REJECTED']),
  fields: v.optional(v.record(v.string(), field)),
  provided_fields: v.optional(v.record(v.string(), provided)),
  message: v.optional(v.string()),
});

/** S12-F06 */
const file = v.strictObject({
  file_id: v.pipe(v.string(), v.regex(/^file_[0-9a-f-]{36}$/)),
  content_type: v.string(),
  size: v.number(),
  expires_at: v.optional(time),
  customer_id: v.nullable(id),
});

const identity = (place: typeof query) => ({
  id: place('our id of the customer'),
  account: place('account of the login'),
  memo: place('id of the user within a shared account'),
  memo_type: place('kind of the memo, where it is not id'),
});
const use = (place: typeof query) => ({
  type: place('what the customer is needed for'),
  transaction_id: place('the transaction that it is needed for'),
  lang: place('language'),
});

export const endpoints: readonly Endpoint[] = [
  {
    method: 'get',
    path: '/kyc/customer',
    summary: 'What is known of a customer, and what is missing',
    auth: 'required',
    parameters: { ...identity(query), ...use(query) },
    answers: { 200: customer },
  },
  {
    method: 'put',
    path: '/kyc/customer',
    summary: 'Tell about a customer: fields of SEP-9, by name',
    auth: 'required',
    parameters: { ...identity(body), ...use(body) },
    body: ['multipart', 'json', 'form'],
    answers: { 202: v.strictObject({ id }) },
  },
  {
    method: 'put',
    path: '/kyc/customer/verification',
    summary: 'Codes that prove a phone number or an address',
    auth: 'required',
    parameters: identity(body),
    body: ['json', 'form'],
    answers: { 200: customer },
  },
  {
    method: 'put',
    path: '/kyc/customer/callback',
    summary: 'Where changes of the status are to be told',
    auth: 'required',
    parameters: { ...identity(body), url: body('https address', true) },
    body: ['json', 'form'],
    answers: { 200: v.strictObject({}) },
  },
  {
    method: 'delete',
    path: '/kyc/customer/{account}',
    summary: 'Forget a customer',
    auth: 'required',
    parameters: {
      account: part('account of the login'),
      memo: body('id of the user within a shared account'),
      memo_type: body('kind of the memo'),
    },
    body: ['json', 'form'],
    answers: { 200: v.strictObject({}) },
  },
  {
    method: 'post',
    path: '/kyc/customer/files',
    summary: 'Send a file, to be named in a field later',
    auth: 'required',
    parameters: { file: body('the file', true) },
    body: ['multipart'],
    answers: { 200: file },
  },
  {
    method: 'get',
    path: '/kyc/customer/files',
    summary: 'Files that were sent',
    auth: 'required',
    parameters: { file_id: query('one file'), customer_id: query('all of a customer') },
    answers: { 200: v.strictObject({ files: v.array(file) }) },
  },
];
