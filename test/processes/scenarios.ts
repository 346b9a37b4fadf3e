import { expect } from 'vitest';
import { type Running, until } from '../support/project.ts';
import type { Flows, World } from './world.ts';

const FLOWS = 6;

const startTime = (process: Running): number => process.child.pid ?? 0;

/** Ends it at once, whatever it is doing. */
const kill = (process: Running) => process.kill('SIGKILL');

const unknowns = async ({ ctx }: World): Promise<string[]> => {
  const rows = await ctx.db.read
    .selectFrom('obligations')
    .select('id')
    .where('state', '=', 'unknown')
    .execute();
  return rows.map(({ id }) => id);
};

/** F1: processes are killed with envelopes on their way, and with payouts that the bank has made and nobody has booked. */
export async function killed(world: World): Promise<void> {
  const flows = await world.begin(FLOWS);
  // with an envelope in flight
  world.proxy.set('deaf');
  const first = world.start('all');
  await until(async () => (await world.underWay()) > 0, 'envelopes are under way');
  await kill(first);
  world.proxy.set('pass');
  // with a payout that the bank has made in the middle of its call
  const payer = world.start('execute-payouts');
  const watcher = world.start('watch-payments');
  const paid = world.bank.paid().length;
  const payouts = await world.begin(2);
  await until(() => world.bank.paid().length > paid, 'the bank has made a payout');
  await Promise.all([kill(payer), kill(watcher)]);
  expect(await unknowns(world)).not.toEqual([]);
  // submit-payments alone, as soon as it has signed something more
  const signed = async () =>
    (await world.ctx.db.read.selectFrom('envelopes').select('hash').execute()).length;
  const more = await world.begin(2);
  const envelopes = await signed();
  const polling = world.start('poll-deposits');
  await until(async () => (await signed()) > envelopes, 'an envelope was signed');
  await kill(polling);
  const submitting = world.start('submit-payments');
  const last = world.start('all');
  await world.completed(flows);
  await world.completed(payouts);
  await world.completed(more);
  await kill(submitting);
  expect((await last.kill('SIGTERM')).code).toBe(143);
  for (const each of [flows, payouts, more]) await world.expectPaidOnce(each);
}

/** F13: the database is killed and started again while payments and payouts are under way. */
export async function withoutDatabase(
  world: World,
  database: { crash(): Promise<void>; start(): Promise<void> },
): Promise<void> {
  const workers = [world.start('all'), world.start('all')];
  const flows = await world.begin(FLOWS);
  await until(async () => (await world.underWay()) > 0, 'envelopes are under way');
  const failures = workers.map((worker) => faultsOf(worker));
  await database.crash();
  await until(
    () => workers.every((worker, at) => faultsOf(worker) > (failures[at] ?? 0)),
    'the workers have noticed',
  );
  await database.start();
  await world.completed(flows);
  for (const worker of workers) expect((await worker.kill('SIGTERM')).code).toBe(143);
  await world.expectPaidOnce(flows);
}

const faultsOf = (worker: Running): number => worker.output().split('job_failed').length;

/** Nobody can write to a SQLite file while its lock is held by a process that stands still: that would be another test. */
async function stopOutsideOfTransaction({ ctx }: World, process: Running): Promise<void> {
  for (;;) {
    process.child.kill('SIGSTOP');
    const written = ctx.db.write(async () => 'written' as const);
    const late = new Promise<'late'>((done) => setTimeout(done, 1_000, 'late'));
    if ((await Promise.race([written, late])) === 'written') return;
    process.child.kill('SIGCONT');
    await written;
  }
}

/** F15: whoever holds the lease is stopped, another takes over, and the first one wakes up again. */
export async function stopped(world: World): Promise<void> {
  // it may be stopped in the middle of a call of the bank, and then orders when it wakes up
  world.bank.minds();
  const leader = world.start('all');
  const flows = await world.begin(FLOWS);
  // its answers are lost, so that it stays in the middle of it
  world.proxy.set('deaf');
  await until(async () => (await world.underWay()) > 0, 'envelopes are under way');
  const held = async () =>
    world.ctx.db.read.selectFrom('leases').selectAll().where('name', 'like', 'source:%').executeTakeFirst();
  const before = await held();
  expect(before?.owner.startsWith(`${startTime(leader)}:`)).toBe(true);
  await stopOutsideOfTransaction(world, leader);
  world.proxy.set('pass');
  const second = world.start('all');
  await world.completed(flows);
  const after = await held();
  expect(after?.epoch).toBeGreaterThan(before?.epoch ?? 0);
  const more = await world.begin(FLOWS);
  leader.child.kill('SIGCONT');
  await world.completed(more);
  // both are alive, and the first one has noticed
  expect(leader.child.exitCode).toBeNull();
  for (const worker of [leader, second]) expect((await worker.kill('SIGTERM')).code).toBe(143);
  await world.expectPaidOnce(flows);
  await world.expectPaidOnce(more);
}

/** F2: the network is cut, silent, and deaf in turn, while payments are under way. */
export async function cut(world: World): Promise<void> {
  const workers = [world.start('all'), world.start('all')];
  const all: Flows[] = [];
  for (const wire of ['cut', 'deaf', 'hang'] as const) {
    const flows = await world.begin(FLOWS);
    await until(async () => (await world.underWay()) > 0, 'envelopes are under way');
    world.proxy.set(wire);
    await until(() => world.proxy.spoilt > 2, `the wire is ${wire}`);
    world.proxy.set('pass');
    await world.completed(flows);
    all.push(flows);
  }
  for (const worker of workers) expect((await worker.kill('SIGTERM')).code).toBe(143);
  for (const flows of all) await world.expectPaidOnce(flows);
}

/** F15: three workers at once, one of them killed. */
export async function three(world: World): Promise<void> {
  const workers = [world.start('all'), world.start('all'), world.start('all')];
  const flows = await world.begin(2 * FLOWS);
  await until(async () => (await world.underWay()) > 0, 'envelopes are under way');
  const [killed, ...others] = workers as [Running, ...Running[]];
  await kill(killed);
  await world.completed(flows);
  for (const worker of others) expect((await worker.kill('SIGTERM')).code).toBe(143);
  await world.expectPaidOnce(flows);
}
