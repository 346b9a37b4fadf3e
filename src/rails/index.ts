export { pollDeposits } from './deposits.ts';
export { pollPayouts } from './follow.ts';
export { executePayouts } from './payouts.ts';
export { classifyCredit } from './plan.ts';
