import { Hono } from 'hono';
import { systemClock } from '../kernel/clock.ts';
import { AnchorError } from '../kernel/errors.ts';
import { ClosingLoop } from './closing.ts';
import { controlRoutes } from './control.ts';
import { BROKEN, connectionBroken, Faults, faultMiddleware } from './faults.ts';
import { Friendbot, friendbotRoutes } from './friendbot.ts';
import { createHorizon } from './horizon/app.ts';
import { problemResponse, SERVER_ERROR } from './horizon/problem.ts';
import { createLedger } from './ledger/index.ts';
import type { SandboxLedger } from './ledger/ports.ts';
import type { ClosedLedger } from './ledger/types.ts';
import { closeOf, DEFAULTS, type SandboxOptions, settingsOf, stateUnusable } from './options.ts';
import { type CloseOptions, SandboxNetwork } from './sandbox-network.ts';
import { Store } from './store/store.ts';

/** A Stellar network in one process. */
export interface Sandbox {
  /** Horizon at `/`, friendbot at `/friendbot`, controls at `/sandbox/*` */
  readonly app: Hono;
  readonly ledger: SandboxLedger;
  readonly network: SandboxNetwork;
  readonly passphrase: string;
  /** server-sent event streams that clients hold open */
  readonly openStreams: number;
  /** Like the global fetch, without a socket. Rejects where a fault breaks the connection. */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
  /** Begins to close ledgers by the clock; nothing to do where they close on demand. */
  start(): void;
  /** Stops closing by the clock and ends open streams; what is pending stays. */
  stop(): Promise<void>;
  /** Closes one ledger now. */
  closeLedger(options?: CloseOptions): ClosedLedger;
  /** Stops, saves the state and lets go of its file. */
  close(): Promise<void>;
}

function openNetwork(options: SandboxOptions): SandboxNetwork {
  const settings = settingsOf(options);
  const inMemory = options.state === undefined || options.state === 'memory';
  const store = inMemory ? null : new Store(options.state as string, settings, options.reset === true);
  try {
    return new SandboxNetwork(createLedger(settings), options.clock ?? systemClock, store);
  } catch (error) {
    store?.release();
    // A state that another version of the sandbox wrote shows in many ways; none of them is the reader's to decipher.
    if (store === null || AnchorError.is(error)) throw error;
    throw stateUnusable(options.state as string, 'another version wrote it', error);
  }
}

const HEALTH = { database_connected: true, core_up: true, core_synced: true };

/**
 * Makes a network. Ledgers close once `start()` is called, or on demand. @throws SANDBOX_OPTION_INVALID,
 * SANDBOX_STATE_IN_USE, SANDBOX_STATE_UNUSABLE
 */
export function createSandbox(options: SandboxOptions = {}): Sandbox {
  const seconds = closeOf(options);
  const network = openNetwork(options);
  const faults = new Faults(options.seed ?? DEFAULTS.seed);
  const app = new Hono();
  app.use(faultMiddleware(faults, network.clock));
  app.get('/health', () => Response.json(HEALTH));
  controlRoutes(app, network, faults);
  const horizon = createHorizon(
    network,
    {
      timeoutMs: options.submitTimeoutMs ?? DEFAULTS.submitTimeoutMs,
      sequenceHoldMs: options.sequenceHoldMs ?? DEFAULTS.sequenceHoldMs,
    },
    (routes, submissions) => friendbotRoutes(routes, new Friendbot(network, submissions)),
  );
  app.all('*', (c) => horizon.app.fetch(c.req.raw, c.env));
  app.onError(() => problemResponse(SERVER_ERROR));
  const loop = seconds === 'manual' ? null : new ClosingLoop(network, seconds);
  let closed = false;
  const stop = async () => {
    await loop?.stop();
    horizon.streams.closeAll();
  };
  return {
    app,
    network,
    ledger: network.ledger,
    passphrase: network.ledger.settings.passphrase,
    get openStreams() {
      return horizon.streams.size;
    },
    fetch: async (input, init) => {
      const answer = await app.request(input, init);
      if (answer.headers.has(BROKEN)) throw connectionBroken();
      return answer;
    },
    start: () => loop?.start(),
    stop,
    closeLedger: (how) => network.close(how),
    close: async () => {
      if (closed) return;
      closed = true;
      await stop();
      horizon.submissions.giveUpAll();
      network.end();
    },
  };
}
