import type { AnchorContext } from '../../transfers/index.ts';

interface Types {
  types?: Record<string, { description: string }>;
}

/** The SEP-12 types of senders and receivers (S31-06); none: no data of them is needed. */
export function kycTypes(_ctx: AnchorContext): { sender: Types; receiver: Types } {
  return { sender: {}, receiver: {} };
}
