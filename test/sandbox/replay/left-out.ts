/** Recordings that the sandbox does not follow, and why. Keep it short. */
export const leftOutScenarios: Record<string, string> = {
  'liquidity-pool-trust': 'the sandbox has no liquidity pools: their operations answer op_not_supported',
};

interface LeftOutRole {
  scenario: string;
  role: string;
  reason: string;
}

/** Accounts of a scenario that are not compared. */
const leftOutRoles: LeftOutRole[] = ['newcomer', 'newcomer3'].map((role) => ({
  scenario: 'http-examples',
  role,
  reason:
    'created by the recorded friendbot out of an account of its own, which the scenario does not describe',
}));

export function isLeftOutRole(scenario: string, role: string): boolean {
  return leftOutRoles.some((other) => other.scenario === scenario && other.role === role);
}

/** Single values that the sandbox does not follow, and why. */
export const leftOutPaths: { scenario: RegExp; path: RegExp; reason: string }[] = [];
