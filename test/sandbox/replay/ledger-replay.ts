import { createLedger } from '../../../src/sandbox/ledger/index.ts';
import type { SandboxLedger } from '../../../src/sandbox/ledger/ports.ts';
import type { AccountEntry, AppliedTransaction } from '../../../src/sandbox/ledger/types.ts';
import { type Difference, describeResult, jsonDifferences, transactionCodes } from './differences.ts';
import { readManifest, type Scenario, type Step } from './fixtures.ts';
import { CORE_19_QUEUE, isLeftOutRole } from './left-out.ts';
import { cameBefore, contentOf, groupsOf, ledgersOf } from './plan.ts';

const stroops = (amount: string): bigint => BigInt(amount.replace('.', ''));
const lumens = (amount: bigint): string => {
  const digits = amount.toString().padStart(8, '0');
  return `${digits.slice(0, -7)}.${digits.slice(-7)}`;
};

/** A ledger as the network was just before the first step of a scenario. */
export function ledgerBefore(scenario: Scenario): SandboxLedger {
  const manifest = readManifest();
  const before = scenario.steps[0]?.last_closed_ledger ?? { ledger: 3, close_time: 0 };
  return createLedger(
    {
      passphrase: scenario.network_passphrase,
      protocolVersion: manifest.protocol_version,
      baseFee: manifest.base_fee_in_stroops,
      baseReserve: manifest.base_reserve_in_stroops,
      operationsPerLedger: manifest.max_tx_set_size,
      queue: CORE_19_QUEUE,
    },
    {
      root: {
        sequence: BigInt(scenario.root_before.sequence),
        balance: stroops(scenario.root_before.balance),
      },
      idPool: BigInt(scenario.id_pool_before),
      ledger: { sequence: before.ledger, closeTime: before.close_time },
    },
  );
}

/** What each step of a scenario did; the result of the core, not of Horizon. */
export class LedgerReplay {
  readonly ledger: SandboxLedger;
  readonly differences: Difference[] = [];
  private readonly scenario: Scenario;
  private readonly applied = new Map<string, AppliedTransaction>();

  constructor(scenario: Scenario) {
    this.scenario = scenario;
    this.ledger = ledgerBefore(scenario);
  }

  run(): Difference[] {
    for (const group of groupsOf(this.scenario)) this.replay(group);
    this.compareFinalAccounts();
    return this.differences;
  }

  private replay(group: Step[]): void {
    this.catchUp(group[0]);
    const ledgers = ledgersOf(group, this.ledger.header.sequence);
    const before = group.filter((step) => cameBefore(step, ledgers));
    for (const step of before) {
      if (!step.applied) this.refuse(step);
      // What applied in a later ledger was held back by Horizon until its turn.
      else if (step.ledger === ledgers[0]) this.takeAtTheDoor(step);
    }
    for (const ledger of ledgers) {
      if (ledger !== ledgers[0]) {
        for (const step of before) if (step.applied && step.ledger === ledger) this.takeAtTheDoor(step);
      }
      this.close(group, ledger);
    }
    for (const step of group) {
      if (step.applied) this.compareApplied(step);
      else if (!before.includes(step)) this.refuse(step);
    }
  }

  private compare(where: string, recorded: unknown, sandbox: unknown): void {
    if (recorded !== sandbox) this.differences.push({ where, recorded, sandbox });
  }

  /** Closes an empty ledger where the one that was the last closed before the step is still to come. */
  private catchUp(step: Step | undefined): void {
    const { ledger, close_time } = step?.last_closed_ledger ?? { ledger: 0, close_time: 0 };
    if (this.ledger.header.sequence < ledger) {
      this.ledger.close({ sequence: ledger, closeTime: close_time, transactions: [] });
    }
  }

  private close(group: Step[], sequence: number): void {
    const { closeTime, envelopes } = contentOf(group, sequence);
    for (const transaction of this.ledger.close({ sequence, closeTime, transactions: envelopes })
      .transactions) {
      this.applied.set(transaction.hash, transaction);
      // A replaced transaction is reported as applied, because it applied inside of the fee bump.
      const { innerHash } = transaction;
      if (innerHash !== undefined && !this.applied.has(innerHash)) this.applied.set(innerHash, transaction);
    }
  }

  private takeAtTheDoor(step: Step): void {
    const answer = this.ledger.submit(step.envelope_xdr);
    if (answer.status === 'pending' || answer.status === 'duplicate') return;
    const result = answer.status === 'error' ? describeResult(answer.resultXdr) : '';
    this.compare(`step "${step.name}" at the door`, 'pending', `${answer.status} ${result}`);
  }

  private compareApplied(step: Step): void {
    const where = `step "${step.name}"`;
    const transaction = this.applied.get(step.hash);
    if (!transaction) {
      this.compare(where, 'applied', 'not in the ledger');
      return;
    }
    // Of a replaced transaction only the fee bump around it has a result.
    if (transaction.hash !== step.hash) return;
    this.compare(
      `${where} result_xdr`,
      describeResult(step.result_xdr),
      describeResult(transaction.resultXdr),
    );
    this.compare(`${where} fee_charged`, step.fee_charged, transaction.feeCharged.toString());
    if (step.fee_account) this.compare(`${where} fee_account`, step.fee_account, transaction.feeAccount);
    // What root was before the first step is known by balance and sequence only, not when it last changed.
    if (step.fee_meta_xdr !== undefined && step.fee_account !== this.scenario.root_before.account_id) {
      this.compare(`${where} fee_meta_xdr`, step.fee_meta_xdr, transaction.feeMetaXdr);
    }
    this.compare(`${where} inner_hash`, step.inner_hash, transaction.innerHash);
    this.compare(`${where} successful`, step.http.status === 200, transaction.successful);
  }

  private refuse(step: Step): void {
    const where = `step "${step.name}"`;
    const before = JSON.stringify([...this.ledger.entries()], bigints);
    const pending = this.ledger.pending().length;
    const answer = this.ledger.submit(step.envelope_xdr);
    if (answer.status !== 'error') {
      this.compare(where, `refused: ${describeResult(step.result_xdr)}`, answer.status);
      return;
    }
    this.compareRefusal(step, answer.resultXdr);
    this.compare(`${where} changed`, before, JSON.stringify([...this.ledger.entries()], bigints));
    this.compare(`${where} pending`, pending, this.ledger.pending().length);
  }

  private compareRefusal(step: Step, sandbox: string): void {
    const where = `step "${step.name}" result_xdr`;
    const core = step.core_response?.error ?? step.result_xdr;
    // Horizon of the recordings answers some by itself, without asking the core, with the fee 0 and no fee bump around.
    const byHorizon = step.core_response === undefined && BigInt(feeOf(core)) === 0n;
    if (!byHorizon) {
      this.compare(where, describeResult(core), describeResult(sandbox));
    } else if (!transactionCodes(sandbox).includes(step.codes.transaction)) {
      this.compare(where, describeResult(core), describeResult(sandbox));
    }
  }

  private compareFinalAccounts(): void {
    for (const [role, pages] of Object.entries(this.scenario.final)) {
      if (isLeftOutRole(this.scenario.scenario, role)) continue;
      const id = this.scenario.roles[role]?.public_key ?? this.scenario.root_before.account_id;
      const account = this.ledger.account(id);
      const recorded = pages['account'];
      const where = `final account of ${role}`;
      if (recorded?.status !== 200 || !account) {
        this.compare(where, recorded?.status, account ? 200 : 404);
        continue;
      }
      const sandbox = this.describeAccount(account);
      const wanted = pick(recorded.body as Record<string, unknown>, Object.keys(sandbox));
      this.differences.push(
        ...jsonDifferences(where, sortSigners(wanted), sortSigners(sandbox), () => false),
      );
    }
  }

  /** The state of an account in Horizon's words; its links and other ornaments are Horizon's business. */
  private describeAccount(account: AccountEntry): Record<string, unknown> {
    const lines = this.ledger.trustlinesOf(account.id).map((line) => ({
      ...held(line),
      asset: line.asset,
      limit: lumens(line.limit),
      is_authorized: (line.flags & 1) !== 0,
      is_authorized_to_maintain_liabilities: (line.flags & 3) !== 0,
      // Horizon leaves this one out where it is not set.
      is_clawback_enabled: (line.flags & 4) !== 0 ? true : undefined,
      sponsor: line.sponsor,
    }));
    const master = { key: account.id, weight: account.masterWeight, sponsor: undefined };
    return {
      account_id: account.id,
      sequence: account.sequence.toString(),
      subentry_count: account.subEntries,
      home_domain: account.homeDomain === '' ? undefined : account.homeDomain,
      inflation_destination: account.inflationDestination,
      thresholds: {
        low_threshold: account.lowThreshold,
        med_threshold: account.mediumThreshold,
        high_threshold: account.highThreshold,
      },
      flags: {
        auth_required: (account.flags & 1) !== 0,
        auth_revocable: (account.flags & 2) !== 0,
        auth_immutable: (account.flags & 4) !== 0,
        auth_clawback_enabled: (account.flags & 8) !== 0,
      },
      balances: Object.fromEntries([...lines.map((line) => [line.asset, line]), ['native', held(account)]]),
      signers: [...account.signers.map(({ key, weight, sponsor }) => ({ key, weight, sponsor })), master],
      data: Object.fromEntries(
        this.ledger
          .dataOf(account.id)
          .map((entry) => [entry.name, Buffer.from(entry.value).toString('base64')]),
      ),
      num_sponsoring: account.sponsoring,
      num_sponsored: account.sponsored,
      sponsor: account.sponsor,
    };
  }
}

const bigints = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? `${value}n` : value);

function feeOf(resultXdr: string): string {
  return Buffer.from(resultXdr, 'base64').readBigInt64BE(0).toString();
}

function held(entry: { balance: bigint; liabilities: { buying: bigint; selling: bigint } }) {
  return {
    balance: lumens(entry.balance),
    buying_liabilities: lumens(entry.liabilities.buying),
    selling_liabilities: lumens(entry.liabilities.selling),
  };
}

interface RecordedBalance {
  asset_type: string;
  asset_code?: string;
  asset_issuer?: string;
  last_modified_ledger?: number;
  [key: string]: unknown;
}

/** The recorded account in the form of `describeAccount`. */
function pick(body: Record<string, unknown>, keys: string[]): Record<string, unknown> {
  const balances = (body['balances'] as RecordedBalance[]).map((line) => {
    const { asset_type, asset_code, asset_issuer, last_modified_ledger: _, ...rest } = line;
    if (asset_type === 'native') return ['native', rest] as const;
    const asset = `${asset_code}:${asset_issuer}`;
    return [asset, { ...rest, asset }] as const;
  });
  const signers = (body['signers'] as { key: string; weight: number; sponsor?: string }[]).map(
    ({ key, weight, sponsor }) => ({ key, weight, sponsor }),
  );
  const rest = Object.fromEntries(keys.map((key) => [key, body[key]]));
  return { ...rest, balances: Object.fromEntries(balances), signers };
}

function sortSigners(account: Record<string, unknown>): Record<string, unknown> {
  const signers = account['signers'] as { key: string }[];
  return { ...account, signers: signers.toSorted((a, b) => (a.key < b.key ? -1 : 1)) };
}
