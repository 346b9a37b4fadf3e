import type { Random } from './random.ts';

interface Task {
  at: number;
  /** decides among tasks of the same moment: random, so that every order is met by some seed */
  tie: number;
  run: (() => void) | null;
}

/**
 * Virtual time and the one place that decides what happens next. Everything that waits is a task here; the next one runs when all
 * promises have settled, and time jumps to it. No timer of the system is ever used.
 */
export class Scheduler {
  /** milliseconds since 1970 */
  now: number;
  steps = 0;
  readonly #random: Random;
  readonly #heap: Task[] = [];

  constructor(now: number, random: Random) {
    this.now = now;
    this.#random = random;
  }

  /** @returns undoes it */
  after(ms: number, run: () => void): () => void {
    const task: Task = { at: this.now + Math.max(0, Math.ceil(ms)), tie: this.#random.uint32(), run };
    this.#push(task);
    return () => {
      task.run = null;
    };
  }

  /** Resolves after `ms`, or at once when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const undo = this.after(ms, () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      });
      const onAbort = (): void => {
        undo();
        resolve();
      };
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Runs tasks until `done` says so, nothing is left to do, or `untilMs` has come. */
  async run(done: () => boolean, untilMs = Number.POSITIVE_INFINITY): Promise<void> {
    for (;;) {
      await settled();
      if (done()) return;
      const task = this.#pop();
      if (task === null) return;
      if (task.at > untilMs) {
        this.#push(task);
        this.now = Math.max(this.now, untilMs);
        return;
      }
      this.now = Math.max(this.now, task.at);
      this.steps += 1;
      task.run?.();
    }
  }

  #push(task: Task): void {
    const heap = this.#heap;
    let i = heap.length;
    heap.push(task);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!before(task, heap[parent] as Task)) break;
      heap[i] = heap[parent] as Task;
      i = parent;
    }
    heap[i] = task;
  }

  /** The next task that has not been undone. */
  #pop(): Task | null {
    for (;;) {
      const top = this.#heap[0];
      if (top === undefined) return null;
      const last = this.#heap.pop() as Task;
      if (this.#heap.length > 0) this.#sink(last);
      if (top.run !== null) return top;
    }
  }

  #sink(task: Task): void {
    const heap = this.#heap;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as Task, heap[child] as Task)) child += 1;
      if (!before(heap[child] as Task, task)) break;
      heap[i] = heap[child] as Task;
      i = child;
    }
    heap[i] = task;
  }
}

const before = (a: Task, b: Task): boolean => a.at < b.at || (a.at === b.at && a.tie < b.tie);

/** Resolves when every promise that can go on has gone on: the event loop has nothing else to do in a simulation. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
