import { clientOf } from '../../config/clients.ts';
import type { Principal } from '../../kernel/principal.ts';
import { splitMuxed } from '../../kernel/strkey.ts';
import type { AnchorContext } from '../../transfers/index.ts';
import { parameterInvalid } from './faults.ts';

/** Where accounts are not created, the destination must exist (S24-17, S6-14). @throws PARAMETER_INVALID (400), NETWORK_UNAVAILABLE (503) */
export async function checkDestination(ctx: AnchorContext, account: string): Promise<void> {
  if (ctx.project.sep24.accountCreation) return;
  const base = account.startsWith('M') ? splitMuxed(account).account : account;
  if ('missing' in (await ctx.network.account(base))) {
    throw parameterInvalid(
      'account',
      'does not exist on the network, and this anchor does not create accounts.',
    );
  }
}

/** A custodial wallet of clients.toml is paid on accounts of its own, unless the file says otherwise. @throws PARAMETER_INVALID (400) */
export function checkCustodian(ctx: AnchorContext, principal: Principal, account: string): void {
  const client = clientOf(ctx.project, principal.clientDomain, principal.owner);
  if (client === undefined || client.type !== 'custodial' || client.allowAnyDestination) return;
  const base = account.startsWith('M') ? splitMuxed(account).account : account;
  const own = [principal.account, ...client.accounts, ...client.destinationAccounts];
  if (!own.includes(base)) {
    throw parameterInvalid('account', 'is not an account that this wallet is paid on.');
  }
}
