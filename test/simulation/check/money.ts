import type BetterSqlite3 from 'better-sqlite3';
import type { World } from '../world.ts';

export function checkMoney(world: World, _db: BetterSqlite3.Database): void {
  for (const payout of world.bank.payouts.values()) {
    if (payout.paid > 1) world.violation(`M2 the bank paid ${payout.key} ${payout.paid} times`);
  }
}
