import { parseAmount } from '../../../src/kernel/amounts.ts';
import type { World } from '../world.ts';

/** Money that an operation of the ledger moved to or from an account of the anchor, as the ledger itself tells it. */
export interface Moved {
  operation: string;
  hash: string;
  /** source account of the transaction */
  source: string;
  type: string;
  /** base account of the other side */
  other: string;
  /** `native` or CODE:ISSUER */
  asset: string;
  units: bigint;
  memo: string | null;
  memoType: string;
  /** id of a muxed destination */
  muxedId: string | null;
  /** milliseconds since 1970 */
  at: number;
}

export interface Truth {
  incoming: Moved[];
  outgoing: Moved[];
  /** every transaction in a ledger, successful or not */
  transactions: {
    hash: string;
    innerHash: string;
    source: string;
    successful: boolean;
    feeAccount: string;
    fee: bigint;
  }[];
}

type Fields = Record<string, unknown>;

const assetOf = (fields: Fields): string => {
  if (typeof fields['asset'] === 'string') return fields['asset'];
  return fields['asset_type'] === 'native' ? 'native' : `${fields['asset_code']}:${fields['asset_issuer']}`;
};

interface Reading {
  /** of history already read */
  count: number;
  truth: Truth;
}

const readings = new WeakMap<World, Reading>();

/** What the ledger says so far of the accounts that are the anchor's. Reads on from where it stopped. */
export function readLedger(world: World): Truth {
  const reading = readings.get(world) ?? {
    count: 0,
    truth: { incoming: [], outgoing: [], transactions: [] },
  };
  readings.set(world, reading);
  const { transactions } = world.network.sandbox.network.history.all;
  for (; reading.count < transactions.length; reading.count++) {
    const at = transactions[reading.count];
    if (at === undefined) break;
    const { row, key } = at;
    const details = row.details as Fields;
    const source = String(details['source_account']);
    reading.truth.transactions.push({
      hash: row.hash,
      innerHash: row.innerHash ?? row.hash,
      source,
      successful: row.successful,
      feeAccount: String(details['fee_account']),
      fee: BigInt(row.feeCharged),
    });
    if (!row.successful) continue;
    row.operations.forEach((operation, index) => {
      const common = {
        operation: (key + BigInt(index + 1)).toString(),
        hash: row.hash,
        source,
        type: operation.type,
        memo: typeof details['memo'] === 'string' ? details['memo'] : null,
        memoType: String(details['memo_type']),
        at: row.closeTime * 1_000,
      };
      for (const moved of movements(operation)) {
        const full = { ...common, ...moved.fields };
        if (world.owns(moved.to)) reading.truth.incoming.push({ ...full, other: moved.from });
        if (world.owns(moved.from)) reading.truth.outgoing.push({ ...full, other: moved.to });
      }
    });
  }
  return reading.truth;
}

interface Movement {
  from: string;
  to: string;
  fields: { asset: string; units: bigint; muxedId: string | null };
}

interface Operation {
  type: string;
  source: string;
  details: Fields;
  effects: { account: string; type: string; details: Fields }[];
}

function movements({ type, source, details, effects }: Operation): Movement[] {
  const muxedId = typeof details['to_muxed_id'] === 'string' ? details['to_muxed_id'] : null;
  const move = (from: string, to: string, asset: string, amount: unknown): Movement[] => [
    { from, to, fields: { asset, units: parseAmount(amount), muxedId } },
  ];
  switch (type) {
    case 'payment':
      return move(String(details['from']), String(details['to']), assetOf(details), details['amount']);
    case 'path_payment_strict_send':
    case 'path_payment_strict_receive':
      return move(String(details['from']), String(details['to']), assetOf(details), details['amount']);
    case 'create_account':
      return move(
        String(details['funder']),
        String(details['account']),
        'native',
        details['starting_balance'],
      );
    case 'create_claimable_balance': {
      const [first] = details['claimants'] as { destination: string }[];
      return move(source, first?.destination ?? '', assetOf(details), details['amount']);
    }
    case 'account_merge':
    case 'claim_claimable_balance':
      return effects
        .filter((effect) => effect.type === 'account_credited')
        .flatMap((effect) => move(source, effect.account, assetOf(effect.details), effect.details['amount']));
    default:
      return [];
  }
}
