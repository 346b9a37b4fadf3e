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

interface LeftOutValue {
  /** scenarios or recordings by name */
  where: RegExp;
  path: RegExp;
  reason: string;
}

/** Single values that are not compared. */
const leftOutValues: LeftOutValue[] = [
  {
    where: /./,
    path: /\/result_meta_xdr$/,
    reason: 'the order of changes is the core\'s own (README, "Ignore")',
  },
  {
    where: /^(sse-)?ledgers?(-desc)?$/,
    path: /\/(id|hash|prev_hash|fee_pool|header_xdr)$/,
    reason: 'the header depends on all that the recorded network did before (README, "Ignore")',
  },
  {
    where: /^root$/,
    path: /\/(horizon_version|core_version|history_elder_ledger|friendbot\/href)$/,
    reason: 'the sandbox gives its own version, begins at its reset, and has friendbot at a path, not a port',
  },
];

export function isLeftOutValue(where: string, path: string): boolean {
  return leftOutValues.some((other) => other.where.test(where) && other.path.test(path));
}

/**
 * `fee_meta_xdr` where root pays: before the first step just its balance and sequence are recorded, not when it last
 * changed, which the meta tells.
 */
export function withoutRootsFeeMeta(value: unknown, root: string): unknown {
  if ((value as { fee_account?: string } | null)?.fee_account !== root) return value;
  const { fee_meta_xdr: _, ...rest } = value as Record<string, unknown>;
  return rest;
}

/** The queue of the recorded core took several transactions of one source; that of today takes one (our default). */
export const CORE_19_QUEUE = { pendingPerAccount: Number.POSITIVE_INFINITY };

/** Recorded requests that are not compared. */
export const leftOutRecordings: Record<string, string> = {
  'account-trades': 'the sandbox keeps no list of trades: it answers that this is not implemented',
  'horizon-friendbot-redirect':
    'friendbot stands at /friendbot itself, not behind a redirect to another port',
};
