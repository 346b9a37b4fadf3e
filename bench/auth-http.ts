// POST /auth over HTTP (goal G3): logins per second of the server's processor time, ours against the same route with the SDK
// verifying, each server a process of its own; and how evenly ours answers.
import { type ChildProcess, fork } from 'node:child_process';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { systemIds } from '../src/kernel/ids.ts';
import { buildChallenge, networkIdOf, type Server } from '../src/seps/sep10-auth/challenge.ts';
import { encodeSigned, encodeUnsigned } from '../src/seps/sep10-auth/envelope.ts';
import { decodeChallenge } from '../src/seps/sep10-auth/envelope-reader.ts';
import { keyPairFromSeed, randomKeyPair } from '../src/stellar/keys.ts';
import { DOMAIN, PASSPHRASE, SIGNING_SEED } from './_auth-common.ts';
import { type Goal, median, type Result, resultOf } from './_meter.ts';

const ROUNDS = 5;
const CONNECTIONS = 16;
const LOGINS = { ours: 1500, sdk: 60 } as const;
type Kind = keyof typeof LOGINS;

const setup: Server = {
  keyPair: keyPairFromSeed(SIGNING_SEED),
  networkId: networkIdOf(PASSPHRASE),
  homeDomains: [DOMAIN],
  webAuthDomains: [DOMAIN],
  lifetimeSeconds: 3600,
};

/** The body of a login of a new account. */
function login(): string {
  const client = randomKeyPair(systemIds);
  const challenge = buildChallenge(setup, systemIds, {
    account: client.publicKey,
    memo: null,
    homeDomain: DOMAIN,
    webAuthDomain: DOMAIN,
    client: null,
    now: Math.floor(Date.now() / 1000),
  });
  const { hash, signatures, ...transaction } = decodeChallenge(challenge, setup.networkId);
  const own = { hint: client.hint, signature: client.sign(hash) };
  return JSON.stringify({ transaction: encodeSigned(encodeUnsigned(transaction), [...signatures, own]) });
}

const answerOf = <T>(child: ChildProcess): Promise<T> =>
  new Promise((done) => child.once('message', (m) => done(m as T)));

interface Measured {
  perCpuSecond: number;
  /** milliseconds */
  p50: number;
  p99: number;
}

class AuthServer {
  readonly #child: ChildProcess;
  #port = 0;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });

  constructor(kind: Kind) {
    const env = { ...process.env, NODE_ENV: 'production' };
    this.#child = fork(join(import.meta.dirname, '_child.mjs'), ['./_auth-server.ts', kind], { env });
  }

  async ready(): Promise<void> {
    this.#port = (await answerOf<{ port: number }>(this.#child)).port;
  }

  async #cpuMicros(): Promise<number> {
    this.#child.send('cpu');
    return (await answerOf<{ cpu: number }>(this.#child)).cpu;
  }

  async measure(count: number): Promise<Measured> {
    const bodies = Array.from({ length: count }, login);
    const times: number[] = [];
    const before = await this.#cpuMicros();
    const worker = async (): Promise<void> => {
      for (let body = bodies.pop(); body !== undefined; body = bodies.pop()) {
        const start = performance.now();
        await this.#post(body);
        times.push(performance.now() - start);
      }
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, worker));
    const used = (await this.#cpuMicros()) - before;
    times.sort((a, b) => a - b);
    const at = (share: number): number => times[Math.floor((times.length - 1) * share)] ?? 0;
    return { perCpuSecond: count / (used / 1e6), p50: at(0.5), p99: at(0.99) };
  }

  #post(body: string): Promise<void> {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const options = {
      port: this.#port,
      host: '127.0.0.1',
      path: '/auth',
      method: 'POST',
      agent: this.#agent,
      headers,
    };
    return new Promise((done, failed) => {
      const sent = request(options, (answer) => {
        answer.resume();
        answer.once('end', () => {
          if (answer.statusCode === 200) done();
          else failed(new Error(`the login was refused with ${answer.statusCode}`));
        });
      });
      sent.once('error', failed);
      sent.end(body);
    });
  }

  async stop(): Promise<void> {
    this.#agent.destroy();
    const ended = new Promise((done) => this.#child.once('exit', done));
    this.#child.send('stop');
    await ended;
  }
}

export async function run(): Promise<Result> {
  const servers = { ours: new AuthServer('ours'), sdk: new AuthServer('sdk') };
  try {
    await Promise.all([servers.ours.ready(), servers.sdk.ready()]);
    const rounds: Record<Kind, Measured>[] = [];
    for (let round = 0; round <= ROUNDS; round++) {
      const order: Kind[] = round % 2 === 0 ? ['ours', 'sdk'] : ['sdk', 'ours'];
      const taken: Partial<Record<Kind, Measured>> = {};
      for (const kind of order) taken[kind] = await servers[kind].measure(LOGINS[kind]);
      if (round > 0) rounds.push(taken as Record<Kind, Measured>);
    }
    const of = (pick: (round: Record<Kind, Measured>) => number): number => median(rounds.map(pick));
    const headline: Goal = {
      what: 'POST /auth : the same route on stellar-sdk (G3)',
      ratio: of(({ ours, sdk }) => ours.perCpuSecond / sdk.perCpuSecond),
      aim: 25,
    };
    const facts = (['ours', 'sdk'] as const).map((kind) => ({
      what: kind,
      rate: `${of((round) => round[kind].perCpuSecond).toFixed(0)}/s of processor time`,
      p50: `${of((round) => round[kind].p50).toFixed(1)} ms`,
      p99: `${of((round) => round[kind].p99).toFixed(1)} ms`,
    }));
    return resultOf([headline], headline, 'the same route verifying with stellar-sdk', facts);
  } finally {
    await Promise.all([servers.ours.stop(), servers.sdk.stop()]);
  }
}
