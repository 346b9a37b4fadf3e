import { type Delivery, deliveriesTo } from '../../stellar/incoming.ts';
import { assetAt, isObject, type Json, optionalText, textAt, unitsAt } from '../../stellar/json.ts';
import type { NetworkOperation, StellarNetwork } from '../../stellar/port.ts';

/** What one operation took from or brought to an account. */
export interface Movement {
  way: 'in' | 'out';
  /** `native` or CODE:ISSUER */
  asset: string;
  /** stroops, greater than zero */
  units: bigint;
  /** `out`: who got it, `G…` or `M…`, the first claimant of a claimable balance, null where it is nobody in particular */
  to: string | null;
}

type Effects = Pick<StellarNetwork, 'effects'>;

/** Operations that move no asset of the account whose they are. */
const STILL = new Set([
  'set_options',
  'change_trust',
  'allow_trust',
  'set_trust_line_flags',
  'manage_data',
  'bump_sequence',
  'begin_sponsoring_future_reserves',
  'end_sponsoring_future_reserves',
  'revoke_sponsorship',
]);

/** What an operation did to an account. */
export interface Moved {
  /** what ingest has to have as rows, in its order */
  deliveries: Delivery[];
  /** beside the deliveries */
  movements: Movement[];
}

/**
 * What a successful operation did to an account: read from the operation where it says so plainly, from its effects where it does not.
 *
 * @throws NETWORK_UNAVAILABLE where it cannot be read
 */
export async function movementsOf(
  network: Effects,
  account: string,
  operation: NetworkOperation,
): Promise<Moved> {
  if (!operation.successful || STILL.has(operation.type)) return { deliveries: [], movements: [] };
  const deliveries = await deliveriesTo(network, account, operation);
  const others = await beside(network, account, operation, deliveries.length > 0);
  return { deliveries, movements: others.filter(({ asset, units }) => units > 0n && isHeld(asset, account)) };
}

/** An account has no balance of what it issues itself. */
export const isHeld = (asset: string, account: string): boolean => !asset.endsWith(`:${account}`);

async function beside(
  network: Effects,
  account: string,
  operation: NetworkOperation,
  delivered: boolean,
): Promise<Movement[]> {
  const { raw } = operation;
  const out = (asset: string | null, amount: string, to: string | null): Movement[] =>
    asset === null ? [] : [{ way: 'out', asset, units: unitsAt(raw, amount), to }];
  switch (operation.type) {
    case 'payment':
      return raw['from'] === account ? out(assetAt(raw), 'amount', recipient(raw)) : [];
    case 'path_payment_strict_send':
    case 'path_payment_strict_receive':
      return raw['from'] === account ? out(assetAt(raw, 'source_'), 'source_amount', recipient(raw)) : [];
    case 'create_account':
      return raw['funder'] === account ? out('native', 'starting_balance', textAt(raw, 'account')) : [];
    case 'create_claimable_balance': {
      const ours = operation.sourceAccount === account;
      return ours ? out(textAt(raw, 'asset'), 'amount', firstClaimant(raw)) : [];
    }
    case 'clawback':
      return raw['from'] === account ? out(assetAt(raw), 'amount', null) : [];
    case 'invoke_host_function':
      return contractTransfers(raw, account);
    default:
      return delivered ? [] : byEffects(network, account, operation);
  }
}

const recipient = (raw: Json): string => optionalText(raw, 'to_muxed') ?? textAt(raw, 'to');

/** The engine names the user first. */
function firstClaimant(raw: Json): string | null {
  const claimants = raw['claimants'];
  if (!Array.isArray(claimants)) return null;
  const first: unknown = claimants[0];
  return isObject(first) ? optionalText(first, 'destination') : null;
}

function contractTransfers(raw: Json, account: string): Movement[] {
  const changes = raw['asset_balance_changes'];
  if (!Array.isArray(changes)) return [];
  return changes.filter(isObject).flatMap((change): Movement[] => {
    const asset = change['from'] === account ? assetAt(change) : null;
    if (asset === null) return [];
    return [{ way: 'out', asset, units: unitsAt(change, 'amount'), to: optionalText(change, 'to') }];
  });
}

/** Offers, pools, merges and whatever comes: the ledger's own account of it. */
async function byEffects(
  network: Effects,
  account: string,
  operation: NetworkOperation,
): Promise<Movement[]> {
  const effects = await network.effects(operation.id);
  return effects
    .filter((effect) => effect['account'] === account)
    .flatMap((effect): Movement[] => {
      const move = (way: 'in' | 'out', asset: string | null, units: bigint): Movement[] =>
        asset === null ? [] : [{ way, asset, units, to: null }];
      switch (effect['type']) {
        case 'account_credited':
          return move('in', assetAt(effect), unitsAt(effect, 'amount'));
        case 'account_debited':
          return move('out', assetAt(effect), unitsAt(effect, 'amount'));
        case 'trade':
          return [
            ...move('out', assetAt(effect, 'sold_'), unitsAt(effect, 'sold_amount')),
            ...move('in', assetAt(effect, 'bought_'), unitsAt(effect, 'bought_amount')),
          ];
        default:
          return [];
      }
    });
}
