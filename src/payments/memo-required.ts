import type { NetworkAccount } from '../stellar/port.ts';

/** The data entry by which an account asks for a memo on every payment to it (SEP-29, SO-08). */
export const MEMO_REQUIRED = { name: 'config.memo_required', value: '1' } as const;

/** What Horizon answers for the value `1`. */
const ON = 'MQ==';

/** Whether wallets must not pay the account without a memo (SEP-29, SO-08). */
export const asksForMemo = (account: Pick<NetworkAccount, 'data'>): boolean =>
  account.data[MEMO_REQUIRED.name] === ON;

/**
 * Whether one key alone may change the account's entries. Where co-signers are needed, set-up changes nothing there.
 *
 * @param publicKey `G…`
 */
export function signsAlone(
  account: Pick<NetworkAccount, 'signers' | 'thresholds'>,
  publicKey: string,
): boolean {
  const weight = account.signers.find(({ key }) => key === publicKey)?.weight ?? 0;
  return weight > 0 && weight >= account.thresholds.medium;
}
