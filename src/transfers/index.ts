export { askInfo, type InfoRequest } from './ask-info.ts';
export { allAssets, assetOf, keyOf, openDistributionSeed, sealDistributionSeed } from './assets.ts';
export { tellCompleted } from './completed.ts';
export type { AnchorContext, SecretBox } from './context.ts';
export { createTransaction, type NewTransaction, waitsUntil } from './create.ts';
export { type Credit, creditDeposit, creditFee, creditWithdrawal, creditWrongAmount } from './credit.ts';
export { type CustomerNews, type CustomerStatus, customerChanged, moveOn } from './customer-info.ts';
export {
  assetIdsOf,
  type ExchangeAmounts,
  type ExchangePlan,
  exchangeAmounts,
  exchangeFor,
  isExchange,
  type QuotedRequest,
  quoteBinds,
  quotedAmounts,
  quotedExchange,
  rowAmounts,
} from './exchange.ts';
export { amountsAfterFee, checkLimits, computeFee, type Fee, feeFor, feeTerms } from './fees.ts';
export { mergedFields, mergeFields, readFields, sealFields } from './fields.ts';
export { type Freeze, freezeSigning, readFreeze } from './freeze.ts';
export { holdTransaction, releaseTransaction } from './hold.ts';
export { callHook, type HookFault, type HookOptions, hookFaultOf, withData } from './hooks.ts';
export { type JobHealth, jobHealth } from './job-health.ts';
export { matchSuspense } from './match.ts';
export {
  awaitsMoney,
  compareAmount,
  judgeMoney,
  type MoneyVerdict,
  type SuspenseReason,
} from './matching.ts';
export { isMoved, type Move, moveTransaction } from './move.ts';
export { insertObligation, type NewObligation, obligationId } from './obligations.ts';
export {
  findOwned,
  findOwnedBy,
  type ListFilters,
  listOwned,
  type TransactionKey,
} from './owned.ts';
export { nothing, type PassOptions, type PassResult, sum, type Worker } from './pass.ts';
export { newReference, normalizeReference } from './references.ts';
export { refundCredit, refundPaid, refundPayment, refundTransaction } from './refunds.ts';
export { refundDueCredits, refundDuePayments } from './refunds-due.ts';
export { bookUnpriced } from './reprice.ts';
export type {
  AssetRow,
  CreditRow,
  IncomingRow,
  Kind,
  ObligationRow,
  TransactionRow,
  TransactionUpdate,
} from './rows.ts';
export {
  csrfMatches,
  exchangeToken,
  type InteractiveSession,
  issueInteractiveToken,
  moreInfoToken,
  openMoreInfo,
  openSession,
  saveSessionStep,
} from './sessions.ts';
export { changeObligation, completeTransaction, type ObligationChange, transactionOf } from './settle.ts';
export {
  amountColumns,
  type HowToPay,
  publishHowToPay,
  readHowToPay,
  type StartAmounts,
  startAmounts,
  startTransfer,
} from './start.ts';
export { canMove, isStatus, MOVES, reachable, STATUSES, type Status, TERMINAL } from './states.ts';
export { submitInteractive } from './submit.ts';
export {
  type Decision,
  holdSuspense,
  isUndecided,
  keepPayment,
  noteRefund,
  openRefunds,
  releaseSuspense,
  type SuspenseItem,
  suspenseId,
} from './suspense.ts';
export {
  findSuspense,
  listSuspense,
  refundsFor,
  SUSPENSE_STATES,
  SUSPENSE_TEXTS,
  suspenseHistory,
  suspenseView,
} from './suspense-view.ts';
export { transactionView } from './view.ts';
export { type Waiting, type WaitingCode, waitingFor } from './waiting.ts';
