import { createLedger } from '../../../src/sandbox/ledger/index.ts';
import type { SandboxLedger } from '../../../src/sandbox/ledger/ports.ts';
import type { AppliedTransaction } from '../../../src/sandbox/ledger/types.ts';
import { describeAccount, describeRecorded, sortSigners } from './account-state.ts';
import { type Difference, describeResult, jsonDifferences, transactionCodes } from './differences.ts';
import { readManifest, type Scenario, type Step } from './fixtures.ts';
import { CORE_19_QUEUE, isLeftOutRole } from './left-out.ts';
import { entriesChanged } from './metas.ts';
import { cameBefore, contentOf, groupsOf, ledgersOf } from './plan.ts';

const stroops = (amount: string): bigint => BigInt(amount.replace('.', ''));
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
    if (step.result_meta_xdr !== undefined) {
      const recorded = entriesChanged(step.result_meta_xdr);
      this.compare(`${where} entries changed`, recorded, entriesChanged(transaction.resultMetaXdr));
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
      const sandbox = describeAccount(this.ledger, account);
      const wanted = describeRecorded(recorded.body as Record<string, unknown>, Object.keys(sandbox));
      this.differences.push(
        ...jsonDifferences(where, sortSigners(wanted), sortSigners(sandbox), () => false),
      );
    }
  }
}

const bigints = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? `${value}n` : value);

function feeOf(resultXdr: string): string {
  return Buffer.from(resultXdr, 'base64').readBigInt64BE(0).toString();
}
