import type * as Sdk from '@stellar/stellar-sdk';

let loading: Promise<typeof Sdk> | undefined;

/** The SDK, loaded when it is first needed: it costs 300 ms of processor time, which no command or login should pay for. */
export function loadSdk(): Promise<typeof Sdk> {
  loading ??= import('@stellar/stellar-sdk').then(named);
  return loading;
}

/** Bundled, a CommonJS package that is imported at run time has its names on `default` only. */
const named = (module: typeof Sdk & { default?: typeof Sdk }): typeof Sdk => module.default ?? module;
