import { AsyncLocalStorage } from 'node:async_hooks';
import type BetterSqlite3 from 'better-sqlite3';
import type { QuotesIntegration, RailsIntegration } from '../../src/config/integrations.ts';
import { createSecretBox } from '../../src/database/secret-box.ts';
import { formatAmount } from '../../src/kernel/amounts.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { createHorizon } from '../../src/stellar/horizon.ts';
import type { AnchorContext } from '../../src/transfers/index.ts';
import { Bank } from './bank.ts';
import { fileWith, openSimDatabase, SimFile } from './database.ts';
import { Faults } from './faults.ts';
import type { Flow } from './flow.ts';
import { SimNetwork } from './network.ts';
import { EURO, rateAt } from './prices.ts';
import { type CrashPlan, SimProcess } from './process.ts';
import { projectWith } from './project.ts';
import { Random } from './random.ts';
import { Scheduler } from './scheduler.ts';
import { ENCRYPTION_KEY, START, type Template } from './template.ts';
import { Trace } from './trace.ts';
import { Wallets } from './wallets.ts';

/** Whether the code that runs does so inside of a database transaction. */
const inTransaction = new AsyncLocalStorage<true>();

export interface WorldOptions {
  seed: string;
  /** density of faults, 1 is the usual; 0 for none */
  density: number;
  /** for how long they strike, milliseconds */
  faultsMs: number;
  workers: number;
  crashes?: CrashPlan | undefined;
  /** keeps the whole trace */
  verbose?: boolean | undefined;
  operationsPerLedger?: number | undefined;
  lookup?: boolean | undefined;
  poll?: boolean | undefined;
  returns?: boolean | undefined;
  /** whether the server takes transactions without waiting for a ledger */
  async?: boolean | undefined;
  /** channel accounts */
  channels?: number | undefined;
  /** what the asset's owner has decided about money that does not fit */
  policy?: Policy | undefined;
  /** planted mistakes around the engine, for the tests of the checks */
  tamper?: ((ctx: AnchorContext) => AnchorContext) | undefined;
  ledgerSeconds?: number | undefined;
  /** transactions expire soon, so that money can come late */
  brief?: boolean | undefined;
  /** the database is put back to an old backup once */
  restoring?: boolean | undefined;
  /** whether calls from inside of a database transaction are noticed: that makes everything slower */
  watched?: boolean | undefined;
  /** what the distribution account has too little of at first */
  poor?: 'asset' | 'lumens' | null | undefined;
}

/** Columns of the asset. */
export interface Policy {
  /** what lies in suspense goes back at once */
  refunds: boolean;
  wrongAmount: 'wait' | 'end';
  acceptLate: boolean;
}

/** Told after every commit that took effect. */
export type CommitListener = (process: SimProcess) => void;

/** All that one run is made of: the outside as it truly is, and the processes of one anchor in it. */
export class World {
  readonly options: WorldOptions;
  readonly random: Random;
  readonly scheduler: Scheduler;
  readonly trace: Trace;
  readonly faults: Faults;
  readonly network: SimNetwork;
  readonly bank: Bank;
  readonly wallets: Wallets;
  file: SimFile;
  readonly template: Template;
  readonly flows: Flow[] = [];
  readonly processes = new Map<string, SimProcess>();
  readonly effects = { count: 0 };
  /** things that must never happen, as they were seen */
  readonly violations: string[] = [];
  readonly onCommit: CommitListener[] = [];
  /** transactions that the operator, or somebody else with the anchor's key, made beside the engine */
  readonly operated = new Set<string>();
  readonly channels = new Set<string>();
  readonly assetKey: string;
  readonly brief: boolean;
  readonly policy: Policy;
  readonly restoring: boolean;
  /** whether the database was put back to an old backup */
  restored = false;
  readonly poor: 'asset' | 'lumens' | null;
  readonly expireMs: number;
  /** stroops of the asset that the distribution account began with */
  readonly openingUnits: bigint;
  crashes = 0;
  closing = true;
  readonly #dice: Random;

  constructor(template: Template, options: WorldOptions) {
    this.template = template;
    this.options = options;
    this.assetKey = `${template.cast.asset.code}:${template.cast.asset.issuer}`;
    this.random = new Random(options.seed);
    this.#dice = this.random.fork('dice');
    this.scheduler = new Scheduler(START, this.random.fork('scheduler'));
    this.brief = options.brief ?? false;
    this.restoring = options.restoring ?? false;
    this.poor = options.poor ?? null;
    this.expireMs = (this.brief ? 6 : 240) * 60_000;
    this.trace = new Trace(options.verbose);
    this.faults = new Faults(this.random.fork('faults'), START, START + options.faultsMs, {
      density: options.density,
      // a clock that is an hour ahead lets expire what should live for minutes
      clocks: !this.brief,
    });
    const { scheduler, trace, faults } = this;
    const now = (): number => scheduler.now;
    this.network = new SimNetwork(
      {
        scheduler,
        trace,
        random: this.random.fork('network'),
        faultOf: (_process, { method, path }) => {
          const page = path.endsWith('/operations') || path.endsWith('/transactions') || path === '/ledgers';
          return faults.net(method === 'POST' ? 'submit' : page ? 'page' : 'read', now());
        },
        nodeFor: () => {
          const lag = faults.spell('lag', now());
          if (lag !== null) {
            faults.felt(lag, now());
            return 'lagging';
          }
          const alternate = faults.spell('alternate', now());
          if (alternate === null) return 'fresh';
          faults.felt(alternate, now());
          return this.#dice.chance(0.5) ? 'lagging' : 'fresh';
        },
        lag: () => faults.spell('lag', now())?.size ?? faults.spell('alternate', now())?.size ?? 0,
        knowsAsync: options.async ?? true,
        feeFloor: () => {
          const surge = faults.spell('surge', now());
          if (surge === null) return 0n;
          faults.felt(surge, now());
          return 100n * BigInt(surge.size);
        },
      },
      this.poor === 'asset'
        ? template.poorInAsset
        : this.poor === 'lumens'
          ? template.poorInLumens
          : template.snapshot,
      {
        lags: faults.spells.some((one) => one.kind === 'lag' || one.kind === 'alternate'),
        ...(options.operationsPerLedger === undefined
          ? {}
          : { operationsPerLedger: options.operationsPerLedger }),
      },
    );
    this.bank = new Bank({
      scheduler,
      trace,
      random: this.random.fork('bank'),
      // a database that was put back orders anew what is not old, and trusts the bank to know the key
      keyLifetimeMs: this.restoring ? 30 * 60_000 : this.random.fork('keys').pick([1_000, 30 * 60_000]),
      payoutFault: () => faults.payout(now()),
      pollFault: () => faults.poll(now()),
      lookupFault: () => faults.lookup(now()),
    });
    this.wallets = new Wallets(this.network.sandbox, scheduler, trace);
    this.openingUnits =
      this.network.sandbox.ledger.trustline(template.cast.distribution.publicKey, this.assetKey)?.balance ??
      0n;
    this.policy = options.policy ?? { refunds: false, wrongAmount: 'wait', acceptLate: false };
    this.file = fileWith(template.database);
    this.file.change(policyChange(this.policy));
    if (this.poor !== null) this.file.change(template.drained);
    for (const channel of template.channels.slice(0, options.channels ?? 0)) {
      this.channels.add(channel.pair.publicKey);
      this.file.change(channel.insert);
    }
    void this.#closeLedgers();
  }

  /** Milliseconds since nothing goes wrong any more; negative before. */
  healedFor(): number {
    return this.scheduler.now - this.faults.until;
  }

  /** Whether the account belongs to the anchor. */
  owns(account: string): boolean {
    return account === this.template.cast.distribution.publicKey || this.channels.has(account);
  }

  /** Whether the anchor has stopped signing. */
  frozen(db: BetterSqlite3.Database): boolean {
    return (
      db
        .prepare(`select 1 from facts where name = 'freeze:signing' or name like 'freeze:history:%'`)
        .get() !== undefined
    );
  }

  violation(text: string): void {
    if (this.violations.includes(text)) return;
    this.violations.push(text);
    this.trace.add(this.scheduler.now, `VIOLATION ${text}`);
  }

  async #closeLedgers(): Promise<void> {
    const random = this.random.fork('ledgers');
    const seconds = this.options.ledgerSeconds ?? 5;
    while (this.closing) {
      await this.scheduler.sleep(random.int(seconds * 900, seconds * 1_100));
      const stall = this.faults.spell('stall', this.scheduler.now);
      if (stall !== null) this.faults.felt(stall, this.scheduler.now);
      else if (this.closing) this.network.close();
    }
  }

  /** A new life of a process. */
  start(name: string): SimProcess {
    const life = (this.processes.get(name)?.life ?? 0) + 1;
    const { scheduler, trace } = this;
    const process = new SimProcess(
      {
        scheduler,
        trace,
        skewOf: (of) => this.faults.spell('clock', scheduler.now, of)?.size ?? 0,
        plan: this.options.crashes ?? (() => null),
        effects: this.effects,
        onCrash: (dead, where) => {
          this.crashes += 1;
          this.faults.count('F1', where);
          trace.add(scheduler.now, `CRASH ${dead.name}.${dead.life} ${where}`);
          const pause = this.#dice.int(200, 20_000);
          scheduler.after(pause, () => this.onRestart(dead.name));
        },
      },
      name,
      life,
      this.random.fork(`${name}/${life}`),
    );
    this.processes.set(name, process);
    trace.add(scheduler.now, `start ${name}.${life}`);
    return process;
  }

  /** All processes end, the database is what it was, and they start again. */
  restore(backup: Buffer): void {
    this.restored = true;
    for (const process of this.processes.values()) if (!process.dead) process.end();
    this.retired.push(this.file);
    this.file = new SimFile(backup);
    for (const listener of this.onRestore) listener();
    for (const name of this.processes.keys())
      this.scheduler.after(this.#dice.int(500, 5_000), () => this.onRestart(name));
  }

  readonly onRestore: (() => void)[] = [];
  readonly retired: SimFile[] = [];

  /** replaced by whoever knows what a process does */
  onRestart: (name: string) => void = () => {};

  /** Everything that one process of the anchor runs on. */
  context(process: SimProcess): AnchorContext {
    const now = (): number => this.scheduler.now;
    const whole = openSimDatabase(this.file, process, {
      now,
      faultOf: (what) => this.faults.database(what, now()),
      yields: (of) => this.processes.size > 1 && of.random.chance(0.05),
      committed: (by) => {
        for (const listener of this.onCommit) listener(by);
      },
    });
    const db: typeof whole = {
      ...whole,
      write: this.options.watched
        ? (work) => whole.write((trx) => inTransaction.run(true, () => work(trx)))
        : whole.write,
    };
    const reach = this.network.fetchFor(process);
    const fetch: typeof reach = (input, init) => {
      this.#outside(`the network (${new URL(input).pathname})`);
      return reach(input, init);
    };
    const rails = this.#watched(
      this.bank.rails(process, {
        lookup: this.options.lookup ?? true,
        poll: this.options.poll ?? true,
        returns: this.options.returns ?? true,
      }),
    );
    const ctx: AnchorContext = {
      project: projectWith(this.template.passphrase, this.expireMs / 3_600_000, {
        rails,
        quotes: this.#prices(),
      }),
      db,
      box: createSecretBox(ENCRYPTION_KEY, process.ids),
      network: createHorizon({
        url: 'http://horizon',
        passphrase: this.template.passphrase,
        fetch,
        clock: process.clock,
      }),
      fetch,
      clock: process.clock,
      ids: process.ids,
      log: tracing(this, process),
    };
    return this.options.tamper?.(ctx) ?? ctx;
  }

  /** X4: nobody is waited for inside of a database transaction, neither the network nor the anchor's own code. */
  #outside(what: string): void {
    if (inTransaction.getStore() === true)
      this.violation(`X4 ${what} was asked inside of a database transaction`);
  }

  /** The anchor's own prices: by true time, and now and then away. */
  #prices(): QuotesIntegration {
    return {
      price: ({ sellAsset }) => {
        this.#outside('quotes.price');
        const { now } = this.scheduler;
        if (this.options.density > 0 && now < this.faults.until && this.#dice.chance(0.1)) {
          this.trace.add(now, 'no prices');
          throw new Error('no prices');
        }
        const rate = formatAmount(rateAt(now) * 100_000n);
        const fee = { percent: '1' };
        return sellAsset === EURO ? { price: rate, fee } : { rate, fee };
      },
    };
  }

  #watched(rails: RailsIntegration): RailsIntegration {
    const watched = Object.entries(rails).map(([name, call]) => [
      name,
      (...args: unknown[]) => {
        this.#outside(`rails.${name}`);
        return (call as (...args: unknown[]) => unknown)(...args);
      },
    ]);
    return Object.fromEntries(watched) as RailsIntegration;
  }

  async end(): Promise<void> {
    this.closing = false;
    inTransaction.disable();
    for (const process of this.processes.values()) {
      if (!process.dead) process.end();
    }
    await this.network.end();
    for (const file of [...this.retired, this.file]) file.remove();
  }
}

/** Warnings and errors of the engine in the trace: what a reader of a failed run looks for first. */
function tracing(world: World, process: SimProcess): AnchorContext['log'] {
  const say =
    (level: string) =>
    (event: string, fields?: Record<string, unknown>): void => {
      if (process.dead) return;
      world.trace.add(
        world.scheduler.now,
        `${process.name} ${level} ${event} ${JSON.stringify(fields ?? {})}`,
      );
    };
  const log: AnchorContext['log'] = {
    ...silentLog,
    warn: say('warn'),
    error: say('error'),
    child: () => log,
  };
  return log;
}

const policyChange = ({ refunds, wrongAmount, acceptLate }: Policy): string =>
  `update assets set refund_after_hours = ${refunds ? 0 : 'null'}, wrong_amount = '${wrongAmount}', accept_late = ${acceptLate ? 1 : 0}`;
