import type { Clock } from '../../src/kernel/clock.ts';
import type { Ids } from '../../src/kernel/ids.ts';
import { Random, seededIds } from './random.ts';
import type { Scheduler } from './scheduler.ts';
import type { Trace } from './trace.ts';

/**
 * Where a process can end around an effect: before it; after it took place with its answer lost; after the answer came and before
 * anything else was done with it.
 */
export type Point = 'before' | 'lost' | 'after';

export const POINTS: readonly Point[] = ['before', 'lost', 'after'];

/** What the crash plan is asked at each effect. */
export type CrashPlan = (effect: Effect, process: SimProcess) => Point | null;

export interface Effect {
  /** `commit`, `submit`, `rails.payout`, … */
  kind: string;
  /** of all effects of this run, from 0 */
  index: number;
}

export interface ProcessHost {
  scheduler: Scheduler;
  trace: Trace;
  /** of the local clock of the machine that the process runs on, against true time, milliseconds */
  skewOf(name: string): number;
  plan: CrashPlan;
  effects: { count: number };
  onCrash(process: SimProcess, where: string): void;
}

const never = <T>(): Promise<T> => new Promise<T>(() => {});

/**
 * One life of a process, from its start to its crash. Every port of it passes through here, so that nothing that it began has any
 * effect, nor goes on, once it is dead; while it is stopped (SIGSTOP), answers wait.
 */
export class SimProcess {
  readonly name: string;
  readonly life: number;
  readonly random: Random;
  readonly clock: Clock;
  readonly ids: Ids;
  dead = false;
  /** no longer runs on purpose: its loops end */
  readonly stopping = new AbortController();
  readonly #host: ProcessHost;
  #stoppedUntil = 0;
  #crashNext: string | null = null;
  #onDeath: (() => void)[] = [];

  constructor(host: ProcessHost, name: string, life: number, random: Random) {
    this.#host = host;
    this.name = name;
    this.life = life;
    this.random = random;
    this.ids = seededIds(new Random(`${random.seed}/ids`));
    this.clock = {
      now: () => host.scheduler.now + host.skewOf(name),
      sleep: (ms, signal) => this.#deliver(host.scheduler.sleep(ms, signal)),
    };
  }

  /** Runs when the process dies, e.g. to let go of its files. */
  onDeath(end: () => void): void {
    this.#onDeath.push(end);
  }

  /** SIGSTOP until then. */
  stop(ms: number): void {
    this.#stoppedUntil = Math.max(this.#stoppedUntil, this.#host.scheduler.now + ms);
  }

  get stopped(): boolean {
    return this.#stoppedUntil > this.#host.scheduler.now;
  }

  crash(where: string): void {
    if (this.dead) return;
    this.dead = true;
    for (const end of this.#onDeath.splice(0)) end();
    this.#host.onCrash(this, where);
  }

  /** Ends with the run: no crash. */
  end(): void {
    this.dead = true;
    for (const end of this.#onDeath.splice(0)) end();
  }

  /** Something is about to be asked of the outside: the last moment for a crash that was put off. */
  enter<T>(go: () => T): T | Promise<never> {
    if (this.#crashNext !== null) this.crash(this.#crashNext);
    return this.dead ? never<never>() : go();
  }

  /** Time passes, e.g. on a wire; never comes back to the dead. */
  hop(ms: number): Promise<void> {
    return this.#deliver(this.#host.scheduler.sleep(ms));
  }

  /** An answer from the outside, which a dead process never gets, and a stopped one gets later. */
  async deliver<T>(answer: Promise<T>): Promise<T> {
    return this.#deliver(answer);
  }

  #deliver<T>(answer: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const arrive = (done: () => void): void => {
        if (this.dead) return;
        const wait = this.#stoppedUntil - this.#host.scheduler.now;
        if (wait > 0) this.#host.scheduler.after(wait, () => arrive(done));
        else done();
      };
      answer.then(
        (value) => arrive(() => resolve(value)),
        (fault: unknown) => arrive(() => reject(fault)),
      );
    });
  }

  /**
   * An effect on the outside with its crash points. `act` must be the effect itself, whole.
   */
  async effect<T>(kind: string, act: () => T | Promise<T>): Promise<T> {
    if (this.#crashNext !== null) this.crash(this.#crashNext);
    if (this.dead) return never();
    const { effects, plan } = this.#host;
    const effect = { kind, index: effects.count++ };
    const point = plan(effect, this);
    if (point === 'before') {
      this.crash(`before ${kind}`);
      return never();
    }
    const acting = act();
    if (point === 'lost') {
      if (acting instanceof Promise) {
        acting.catch(() => undefined);
        // some effects take their time: the process may end while it waits, or as the answer comes
        if (this.random.chance(0.5)) await acting.catch(() => undefined);
      }
      this.crash(`answer lost of ${kind}`);
      return never();
    }
    if (point === 'after') this.#crashNext = `after ${kind}`;
    return this.#deliver(Promise.resolve(acting));
  }

  get crashPending(): boolean {
    return this.#crashNext !== null;
  }
}
