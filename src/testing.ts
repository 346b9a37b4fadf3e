export { silentLog } from './kernel/log.ts';
export {
  checkRails,
  RAILS_RULES,
  type RailsCheckOptions,
  type RailsFinding,
  type RailsReport,
} from './rails/conformance/index.ts';
export { signDelivery } from './rails/webhook/signature.ts';
export { startTestAnchor, type TestAnchor, type TestAnchorOptions } from './server/test-anchor/index.ts';
export type { PaymentOptions, ReceivedPayment } from './server/test-anchor/sending-anchor.ts';
export { createWallet, type Step, type TransferResult, type WalletOptions } from './wallet/index.ts';
