export type { FaultRule } from './faults.ts';
export type * from './ledger/index.ts';
export { createLedger } from './ledger/index.ts';
export { SANDBOX_PASSPHRASE, type SandboxOptions } from './options.ts';
export { createSandbox, type Sandbox } from './sandbox.ts';
export type { CloseOptions } from './sandbox-network.ts';
export { type ServedSandbox, type ServeOptions, serveSandbox } from './serve.ts';
