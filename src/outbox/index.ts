/** Callbacks to wallets (SC-33 to SC-42): written down with the change that they tell of, delivered by a job. */
export { deliverCallbacks, type OutboxRow } from './deliver.ts';
export { type ListCallbacks, listCallbacks, type Replay, replayCallbacks } from './replay.ts';
export { signatureOf } from './sign.ts';
