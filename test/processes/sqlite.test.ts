import { afterAll, beforeAll, describe, it } from 'vitest';
import { cut, killed, stopped, three } from './scenarios.ts';
import { openWorld, type World } from './world.ts';

describe('real processes on sqlite', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld(null);
  });
  afterAll(() => world?.close());

  it('F1: each flow is paid once, however processes are killed', () => killed(world), 120_000);
  it('F15: a stopped process that wakes up again pays nothing twice', () => stopped(world), 120_000);
  it('F2: a wire that is cut, deaf or silent loses and doubles nothing', () => cut(world), 120_000);
  it('F15: three at once, one killed, pay each flow once', () => three(world), 120_000);
});
