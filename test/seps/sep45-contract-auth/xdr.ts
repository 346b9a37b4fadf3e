import { xdr as sdkXdr } from '@stellar/stellar-sdk';

export type SorobanAuthorizationEntry = sdkXdr.SorobanAuthorizationEntry;

/** The installed SDK has a type of the array, its declarations do not say so whole: it is the yardstick of our own reader. */
export const xdr = sdkXdr as typeof sdkXdr & {
  SorobanAuthorizationEntries: {
    fromXDR(text: string, format: 'base64'): unknown;
  };
};
