export { pollDeposits } from './deposits.ts';
export { notifyDeposit, notifyPayout, notifyReturn, type Taken } from './events.ts';
export { pollPayouts } from './follow.ts';
export {
  openReturns,
  type PayoutDecision,
  resolveReturn,
  settlePayout,
  unknownEvents,
} from './operator.ts';
export { executePayouts } from './payouts.ts';
export { classifyCredit } from './plan.ts';
export type { Effect } from './returns.ts';
export { railsRoutes } from './webhook/routes.ts';
export { SIGNATURE_HEADER, signDelivery, verifyDelivery } from './webhook/signature.ts';
