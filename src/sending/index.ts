export { followSends } from './follow.ts';
export type { Person, SendRequest } from './request.ts';
export { listSends, type SendUpdate, send, showSend, updateSend } from './send.ts';
export type { SendView } from './view.ts';
