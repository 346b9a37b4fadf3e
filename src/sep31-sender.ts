export type { Person, SendRequest, SendUpdate, SendView } from './sending/index.ts';
export { type OpenSenderOptions, openSender, type Sender } from './server/open-sender.ts';
