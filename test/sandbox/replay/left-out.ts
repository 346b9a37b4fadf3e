/** Recordings that the sandbox does not follow, and why. Keep it short. */
export const leftOutScenarios: Record<string, string> = {
  'liquidity-pool-trust': 'the sandbox has no liquidity pools: their operations answer op_not_supported',
};

/** Single values that the sandbox does not follow, and why. */
export const leftOutPaths: { scenario: RegExp; path: RegExp; reason: string }[] = [];
