export { type Freeze, freezeSigning, readFreeze } from './freeze.ts';
export { submitPayments } from './submit.ts';
