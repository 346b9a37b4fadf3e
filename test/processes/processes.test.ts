import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCrashing } from '../support/postgres.ts';
import { cut, killed, stopped, three, withoutDatabase } from './scenarios.ts';
import { openWorld, type World } from './world.ts';

/** Both databases at once: what takes long is waiting for leases and processes. */
describe('real processes', () => {
  let sqlite: World;
  let postgres: World | null = null;
  // of its own, because it is killed
  let server: Awaited<ReturnType<typeof startCrashing>>;
  beforeAll(async () => {
    server = await startCrashing();
    [sqlite, postgres] = await Promise.all([
      openWorld(null),
      typeof server === 'string' ? null : openWorld(server.url),
    ]);
  });
  afterAll(async () => {
    await Promise.all([sqlite?.close(), postgres?.close()]);
    if (typeof server === 'object') await server.stop();
  });

  const onBoth = async (scenario: (world: World) => Promise<void>): Promise<void> => {
    const worlds = [sqlite, ...(postgres === null ? [] : [postgres])];
    const ends = await Promise.allSettled(worlds.map(scenario));
    expect(ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []))).toEqual([]);
  };

  it('F1: each flow is paid once, however processes are killed', () => onBoth(killed), 180_000);
  it('F15: a stopped process that wakes up again pays nothing twice', () => onBoth(stopped), 180_000);
  it('F2: a wire that is cut, deaf or silent loses and doubles nothing', () => onBoth(cut), 180_000);
  it('F15: three at once, one killed, pay each flow once', () => onBoth(three), 180_000);
  it('F13: a database that is killed loses and doubles nothing', async ({ skip }) => {
    if (postgres === null || typeof server === 'string') return skip();
    await withoutDatabase(postgres, server);
  }, 180_000);
});
