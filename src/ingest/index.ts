export { classify, type Decision, matchKey } from './classify.ts';
export { watchPayments } from './watch.ts';
