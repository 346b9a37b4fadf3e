import type * as Sdk from '@stellar/stellar-sdk';

/** Keys, XDR and transactions: what is left of the SDK in our bundles. Its HTTP clients are nowhere used. */
export type SdkCore = Omit<
  typeof Sdk,
  'Horizon' | 'WebAuth' | 'Federation' | 'StellarToml' | 'Friendbot' | 'rpc' | 'contract' | 'Config' | 'Utils'
>;

let loading: Promise<SdkCore> | undefined;

/** The SDK's core, loaded when it is first needed: it costs 200 ms of processor time, which no command or login should pay for. */
export function loadSdk(): Promise<SdkCore> {
  loading ??= import('@stellar/stellar-sdk').then(named);
  return loading;
}

/** Bundled, a CommonJS package that is imported at run time has its names on `default` only. */
const named = (module: typeof Sdk & { default?: typeof Sdk }): SdkCore => module.default ?? module;
