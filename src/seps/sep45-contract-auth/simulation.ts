import { badInput } from '../../kernel/errors.ts';
import { encodeStrKey } from '../../kernel/strkey.ts';
import type { StellarRpc } from '../../stellar/rpc.ts';
import type { SdkCore } from '../../stellar/sdk.ts';
import type { AnchorContext } from '../../transfers/context.ts';
import type { Server } from './challenge.ts';
import { FUNCTION } from './entries.ts';
import type { OpenChallenge } from './verification.ts';

/**
 * Asks the network whether the contract accounts agree: the call of `web_auth_verify` with these authorizations and no others, run by an
 * RPC server and never submitted. Its source is a made-up account, so that nobody's agreement comes from being the source (S45-21, S45-22).
 *
 * @returns the ledger that it was run against
 * @throws AUTHORIZATIONS_REFUSED (400); RPC_UNAVAILABLE (503)
 */
export async function simulated(
  ctx: Pick<AnchorContext, 'ids' | 'log' | 'project'>,
  sdk: SdkCore,
  server: Server,
  rpc: StellarRpc,
  { args, entries }: OpenChallenge,
): Promise<number> {
  const nobody = new sdk.Account(encodeStrKey('account', ctx.ids.bytes(32)), '0');
  const call = new sdk.xdr.InvokeContractArgs({
    contractAddress: new sdk.Address(server.contract).toScAddress(),
    functionName: FUNCTION,
    args: [args],
  });
  const func = sdk.xdr.HostFunction.hostFunctionTypeInvokeContract(call);
  const envelope = new sdk.TransactionBuilder(nobody, {
    fee: '100',
    networkPassphrase: ctx.project.network.passphrase,
    timebounds: { minTime: 0, maxTime: 0 },
  })
    .addOperation(sdk.Operation.invokeHostFunction({ func, auth: entries }))
    .build()
    .toXDR();
  const simulation = await rpc.simulate(envelope);
  if (!simulation.success) {
    ctx.log.info('login_simulation_failed', { reason: simulation.reason });
    throw badInput(
      'AUTHORIZATIONS_REFUSED',
      'The network does not accept these authorizations for the account.',
    );
  }
  // S45-25: the proof is good all the same; the contract should be restored and its time to live extended
  if (simulation.archived) ctx.log.warn('web_auth_contract_archived', { contract: server.contract });
  return simulation.latestLedger;
}
