export { silentLog } from './kernel/log.ts';
export { startTestAnchor, type TestAnchor, type TestAnchorOptions } from './server/test-anchor/index.ts';
export { createWallet, type Step, type TransferResult, type WalletOptions } from './wallet/index.ts';
