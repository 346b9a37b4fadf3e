import { JOBS } from '../../src/jobs/index.ts';
import { AnchorError, messageOf } from '../../src/kernel/errors.ts';
import type { AnchorContext, PassOptions, Worker } from '../../src/transfers/index.ts';
import { Forgotten } from './flows/api.ts';
import type { SimProcess } from './process.ts';
import type { World } from './world.ts';

const PASS_MS = 30_000;

/** The processes of one anchor: workers that run every job in loops, and the server that users talk to. */
export class Anchor {
  readonly #world: World;
  readonly #contexts = new Map<string, AnchorContext>();
  /** multiplies the pauses of the loops: idle time costs nothing then */
  pace = 1;

  constructor(world: World) {
    this.#world = world;
    world.onRestart = (name) => this.#launch(name);
  }

  start(): void {
    for (let i = 1; i <= this.#world.options.workers; i++) this.#launch(`w${i}`);
    this.#launch('api');
  }

  #launch(name: string): void {
    const running = this.#world.processes.get(name);
    if (!this.#world.closing || (running !== undefined && !running.dead)) return;
    const process = this.#world.start(name);
    const ctx = this.#world.context(process);
    this.#contexts.set(name, ctx);
    if (name === 'api') return;
    const worker = this.#worker(process);
    for (const job of JOBS) void this.#loop(process, ctx, job, worker);
  }

  /** Odd workers share a machine and see that another one there has ended; even ones have to wait for the lease. */
  #worker(process: SimProcess): Worker {
    const machine = Number(process.name.slice(1)) % 2 === 0 ? 'far' : 'near';
    const owner = `${process.name}.${process.life}`;
    return {
      owner,
      machine,
      boot: 'boot',
      isGone: (lease) => {
        if (lease.machine !== machine) return false;
        const [name = '', life = ''] = lease.owner.split('.');
        const now = this.#world.processes.get(name);
        return now === undefined || now.life !== Number(life) || now.dead;
      },
    };
  }

  async #loop(
    process: SimProcess,
    ctx: AnchorContext,
    job: (typeof JOBS)[number],
    worker: Worker,
  ): Promise<void> {
    const usual = (job.intervalSeconds ?? ctx.project.jobIntervalSeconds) * 1_000;
    let idle = 0;
    await process.clock.sleep(process.random.int(0, usual));
    for (;;) {
      const options: PassOptions = {
        signal: process.stopping.signal,
        deadlineMs: ctx.clock.now() + PASS_MS,
        worker,
      };
      try {
        const { processed } = await job.run(ctx, options);
        idle = processed > 0 ? 0 : idle + 1;
      } catch (error) {
        this.#judge(process, job.id, error);
      }
      const pause = usual * Math.min(5, 1 + idle) * (0.8 + process.random.next() * 0.4);
      await process.clock.sleep(Math.round(pause * this.pace));
    }
  }

  /** A pass may fail, but only with an error that we know. */
  #judge(process: SimProcess, job: string, error: unknown): void {
    const world = this.#world;
    world.trace.add(world.scheduler.now, `${process.name} ${job} threw ${messageOf(error).slice(0, 200)}`);
    if (AnchorError.is(error) && error.code !== 'INVARIANT_BROKEN') return;
    world.violation(`X1 ${job} threw what nobody expected: ${messageOf(error).slice(0, 300)}`);
    if (error instanceof Error && error.stack !== undefined) {
      for (const line of error.stack.split('\n').slice(0, 12)) world.trace.add(world.scheduler.now, line);
    }
  }

  /** One request of a user to the server: may fail, and may take effect although it failed. */
  async ask<T>(work: (ctx: AnchorContext) => Promise<T>): Promise<T> {
    const { scheduler } = this.#world;
    const ctx = this.#contexts.get('api') as AnchorContext;
    const done = new AbortController();
    const late = scheduler.sleep(20_000, done.signal).then(() => {
      throw new AnchorError({ code: 'SIM_NO_ANSWER', message: 'no answer' });
    });
    late.catch(() => undefined);
    try {
      return await Promise.race([work(ctx), late]);
    } finally {
      done.abort();
      await late.catch(() => undefined);
    }
  }

  /** Again and again, as people do, until it is answered; `final` names errors that end it. */
  async insist<T>(work: (ctx: AnchorContext) => Promise<T>): Promise<T> {
    const world = this.#world;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.ask(work);
      } catch (error) {
        world.trace.add(world.scheduler.now, `user told ${messageOf(error).slice(0, 100)}`);
        if (error instanceof Forgotten) throw error;
        if (!AnchorError.is(error) || error.code === 'INVARIANT_BROKEN') {
          world.violation(`X1 the server threw what nobody expected: ${messageOf(error).slice(0, 300)}`);
        }
        if (attempt > 200) throw error;
        await world.scheduler.sleep(world.random.int(500, 4_000));
      }
    }
  }
}
