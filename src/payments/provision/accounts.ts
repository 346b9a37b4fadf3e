import { AnchorError } from '../../kernel/errors.ts';
import type { NetworkAccount } from '../../stellar/port.ts';
import type { AnchorContext } from '../../transfers/context.ts';

type Ports = Pick<AnchorContext, 'network' | 'project'>;

/** Tells the user what is being done, one line at a time. */
export type Say = (text: string) => void;

/** The account, if it exists. @throws NETWORK_UNAVAILABLE */
export async function existing(ctx: Ports, id: string): Promise<NetworkAccount | null> {
  const account = await ctx.network.account(id);
  return 'missing' in account ? null : account;
}

/**
 * An account of ours, made by friendbot where there is one.
 *
 * @param role for messages: `distribution`, `issuer`
 * @throws ACCOUNT_MISSING with the steps to take, FRIENDBOT_UNAVAILABLE, NETWORK_UNAVAILABLE
 */
export async function ensureAccount(ctx: Ports, id: string, role: string, say: Say): Promise<NetworkAccount> {
  const found = await existing(ctx, id);
  if (found !== null) return found;
  if (ctx.project.network.friendbotUrl === undefined) {
    throw new AnchorError({
      code: 'ACCOUNT_MISSING',
      message: `The ${role} account ${id} does not exist on the ${ctx.project.network.name} network.`,
      hint: `Send it at least 5 XLM from another account, then run this command again.`,
    });
  }
  await ctx.network.fund(id);
  const made = await existing(ctx, id);
  if (made === null) {
    throw new AnchorError({
      code: 'FRIENDBOT_UNAVAILABLE',
      message: `Friendbot answered, but the ${role} account ${id} does not exist yet.`,
      hint: 'Run anchor setup again in a moment.',
    });
  }
  say(`funded the ${role} account ${id}`);
  return made;
}

/** The account's line of an asset (`CODE:ISSUER`), or null. */
export const balanceOf = (
  account: NetworkAccount,
  asset: string,
): NetworkAccount['balances'][number] | null =>
  account.balances.find((balance) => balance.asset === asset) ?? null;

/**
 * Refuses before the network would: every entry of an account binds half an XLM or so.
 *
 * @throws RESERVE_TOO_LOW with the amount that is missing
 */
export async function checkReserve(ctx: Ports, account: NetworkAccount, newEntries: number): Promise<void> {
  const { baseReserve, baseFee } = await ctx.network.latestLedger();
  const entries = 2 + account.subEntryCount + account.sponsoring - account.sponsored + newEntries;
  const native = balanceOf(account, 'native');
  const needed = BigInt(entries) * baseReserve + baseFee * 1000n + (native?.sellingLiabilities ?? 0n);
  const has = native?.balance ?? 0n;
  if (has >= needed) return;
  const missing = (needed - has + 9_999_999n) / 10_000_000n;
  throw new AnchorError({
    code: 'RESERVE_TOO_LOW',
    message: `The account ${account.id} has too little XLM for another trustline.`,
    hint: `Send it at least ${missing} XLM more, then run this command again.`,
  });
}

/**
 * Whether the account can spend so much XLM beside its reserve.
 *
 * @throws RESERVE_TOO_LOW with the amount that is missing
 */
export async function checkXlm(ctx: Ports, id: string, units: bigint): Promise<void> {
  const account = await existing(ctx, id);
  const { baseReserve, baseFee } = await ctx.network.latestLedger();
  const native = account === null ? null : balanceOf(account, 'native');
  const entries = account === null ? 2 : 2 + account.subEntryCount + account.sponsoring - account.sponsored;
  const bound = BigInt(entries) * baseReserve + (native?.sellingLiabilities ?? 0n) + baseFee * 1000n;
  const missing = units + bound - (native?.balance ?? 0n);
  if (missing <= 0n) return;
  throw new AnchorError({
    code: 'RESERVE_TOO_LOW',
    message: `The account ${id} has too little XLM to make other accounts.`,
    hint: `Send it at least ${(missing + 9_999_999n) / 10_000_000n} XLM more, then run this command again.`,
  });
}
