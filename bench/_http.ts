// Servers under load, each a process of its own: requests per second of *their* processor time, so that neither this process nor
// others on the machine count.
import { type ChildProcess, fork } from 'node:child_process';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { median } from './_meter.ts';

export interface Call {
  method: 'GET' | 'POST';
  path: string;
  headers: Record<string, string>;
  body?: string;
}

export interface Measured {
  perCpuSecond: number;
  /** milliseconds */
  p50: number;
  p99: number;
}

const next = <T>(child: ChildProcess): Promise<T> =>
  new Promise((done) => child.once('message', (m) => done(m as T)));

export class BenchServer {
  readonly #child: ChildProcess;
  readonly #agent: Agent;
  readonly #connections: number;
  #port = 0;

  /** @param file of this folder; it reads `kind` as its second argument */
  constructor(file: string, kind: string, connections: number) {
    const env = { ...process.env, NODE_ENV: 'production' };
    this.#child = fork(join(import.meta.dirname, '_child.mjs'), [file, kind], { env });
    this.#connections = connections;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  /** @returns what the server says about itself, its port among it */
  async ready<T extends { port: number }>(): Promise<T> {
    const told = await next<T>(this.#child);
    this.#port = told.port;
    return told;
  }

  /** Sends all calls, each connection one after the other. @throws when one is answered other than 200 */
  async measure(calls: readonly Call[]): Promise<Measured> {
    const left = [...calls];
    const times: number[] = [];
    const before = await this.#cpuMicros();
    const worker = async (): Promise<void> => {
      for (let call = left.pop(); call !== undefined; call = left.pop()) {
        const start = performance.now();
        await this.#send(call);
        times.push(performance.now() - start);
      }
    };
    await Promise.all(Array.from({ length: this.#connections }, worker));
    const used = (await this.#cpuMicros()) - before;
    times.sort((a, b) => a - b);
    const at = (share: number): number => times[Math.floor((times.length - 1) * share)] ?? 0;
    return { perCpuSecond: calls.length / (used / 1e6), p50: at(0.5), p99: at(0.99) };
  }

  async #cpuMicros(): Promise<number> {
    this.#child.send('cpu');
    return (await next<{ cpu: number }>(this.#child)).cpu;
  }

  #send({ method, path, headers, body }: Call): Promise<void> {
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    const all = { ...headers, ...length };
    const options = { host: '127.0.0.1', port: this.#port, path, method, agent: this.#agent, headers: all };
    return new Promise((done, failed) => {
      const sent = request(options, (answer) => {
        answer.resume();
        answer.once('end', () => {
          if (answer.statusCode === 200) done();
          else failed(new Error(`${method} ${path} was answered with ${answer.statusCode}`));
        });
      });
      sent.once('error', failed);
      sent.end(body);
    });
  }

  async stop(): Promise<void> {
    this.#agent.destroy();
    if (this.#child.exitCode !== null) return;
    const ended = new Promise((done) => this.#child.once('exit', done));
    this.#child.send('stop');
    await ended;
  }
}

/** Rounds of two servers in turn, the first round thrown away. @returns the median of the rounds' ratios, and of each server */
export async function compare(
  rounds: number,
  ours: () => Promise<Measured>,
  theirs: () => Promise<Measured>,
): Promise<{ ratio: number; ours: Measured; theirs: Measured }> {
  const taken: { ours: Measured; theirs: Measured }[] = [];
  for (let round = 0; round <= rounds; round++) {
    const first = round % 2 === 0 ? await ours() : await theirs();
    const second = round % 2 === 0 ? await theirs() : await ours();
    if (round > 0)
      taken.push(round % 2 === 0 ? { ours: first, theirs: second } : { ours: second, theirs: first });
  }
  const middle = (of: 'ours' | 'theirs'): Measured => ({
    perCpuSecond: median(taken.map((round) => round[of].perCpuSecond)),
    p50: median(taken.map((round) => round[of].p50)),
    p99: median(taken.map((round) => round[of].p99)),
  });
  return {
    ratio: median(taken.map((round) => round.ours.perCpuSecond / round.theirs.perCpuSecond)),
    ours: middle('ours'),
    theirs: middle('theirs'),
  };
}

export const factOf = (what: string, measured: Measured): Record<string, string> => ({
  what,
  rate: `${measured.perCpuSecond.toFixed(0)}/s of processor time`,
  p50: `${measured.p50.toFixed(1)} ms`,
  p99: `${measured.p99.toFixed(1)} ms`,
});
