export { type Cosigned, cosign, readOffer } from './add.ts';
export { awaitingEnvelope, awaitingEnvelopes, type CosignView, cosignView, powersFor } from './queue.ts';
