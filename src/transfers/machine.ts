import { AnchorError } from '../kernel/errors.ts';
import type { AnchorContext } from './context.ts';
import type { Worker } from './pass.ts';

const NAME = 'machine';
const CLAIM_MS = 60_000;

type Place = Pick<Worker, 'machine' | 'boot'>;

/** By its name, or by the kernel that runs it: containers of one host share a file as well as processes do. */
export const isSameMachine = (one: Place, other: Place): boolean =>
  one.machine === other.machine || (one.boot !== '' && one.boot === other.boot);

/** A file shared over a network is no lock that holds between machines (reliability R14). */
export const twoMachines = (machine: string): AnchorError =>
  new AnchorError({
    code: 'SQLITE_ON_TWO_MACHINES',
    message: `Another machine (${machine}) is working on this SQLite database right now.`,
    hint: 'SQLite is for one machine. Stop the anchor there and wait a minute, or set DATABASE_URL to PostgreSQL for several machines.',
  });

/**
 * On SQLite: says that this machine works on the database, for a minute from now. Called at start and before each pass; any number of
 * processes of one machine say it together. PostgreSQL takes any number of machines.
 *
 * @throws SQLITE_ON_TWO_MACHINES another machine has said so and still does, by the database's clock
 */
export async function claimMachine(ctx: Pick<AnchorContext, 'db'>, worker: Worker): Promise<void> {
  if (ctx.db.dialect !== 'sqlite') return;
  const { machine, boot } = worker;
  const read = () => ctx.db.read.selectFrom('leases').selectAll().where('name', '=', NAME).executeTakeFirst();
  const now = await ctx.db.nowMs();
  const known = await read();
  const isFresh = known !== undefined && known.expires_ms - now > BigInt(CLAIM_MS / 2);
  if (isFresh && isSameMachine(known, worker)) return;
  const claim = { owner: machine, machine, boot, expires_ms: now + BigInt(CLAIM_MS) };
  await ctx.db.write(async (trx) => {
    const held = await trx.selectFrom('leases').selectAll().where('name', '=', NAME).executeTakeFirst();
    if (held !== undefined && held.expires_ms > now && !isSameMachine(held, worker)) {
      throw twoMachines(held.machine);
    }
    await trx
      .insertInto('leases')
      .values({ name: NAME, epoch: 1, ...claim })
      .onConflict((conflict) => conflict.column('name').doUpdateSet(claim))
      .execute();
  });
}

/** Goes on saying it until the signal aborts; where another machine has come in meanwhile it is logged. */
export async function keepMachine(
  ctx: Pick<AnchorContext, 'db' | 'clock' | 'log'>,
  worker: Worker,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await ctx.clock.sleep(CLAIM_MS / 3, signal);
    if (signal.aborted) return;
    try {
      await claimMachine(ctx, worker);
    } catch (error) {
      ctx.log.error('machine_not_claimed', { error });
    }
  }
}
