import type * as Sdk from '@stellar/stellar-sdk';

let loading: Promise<typeof Sdk> | undefined;

/** The SDK, loaded when it is first needed: it costs 300 ms of processor time, which no command or login should pay for. */
export function loadSdk(): Promise<typeof Sdk> {
  loading ??= import('@stellar/stellar-sdk');
  return loading;
}
