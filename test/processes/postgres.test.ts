import { afterAll, beforeAll, describe, it } from 'vitest';
import { startCrashing } from '../support/postgres.ts';
import { cut, killed, stopped, three, withoutDatabase } from './scenarios.ts';
import { openWorld, type World } from './world.ts';

// of its own, because it is killed
const server = await startCrashing();

describe.skipIf(typeof server === 'string')('real processes on postgres', () => {
  let world: World;
  const database = typeof server === 'string' ? { url: '', crash() {}, start() {}, stop() {} } : server;
  beforeAll(async () => {
    world = await openWorld(database.url);
  });
  afterAll(async () => {
    await world?.close();
    await database.stop();
  });

  it('F1: each flow is paid once, however processes are killed', () => killed(world), 120_000);
  it(
    'F13: a database that is killed loses and doubles nothing',
    () => withoutDatabase(world, database as never),
    120_000,
  );
  it('F15: a stopped process that wakes up again pays nothing twice', () => stopped(world), 120_000);
  it('F2: a wire that is cut, deaf or silent loses and doubles nothing', () => cut(world), 120_000);
  it('F15: three at once, one killed, pay each flow once', () => three(world), 120_000);
});
