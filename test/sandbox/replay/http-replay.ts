import { comparable, type Difference, jsonDifferences } from './differences.ts';
import type { Answer, Scenario, Step } from './fixtures.ts';
import { isLeftOutRole, isLeftOutValue } from './left-out.ts';
import type { HttpSandbox } from './open-sandbox.ts';
import { cameBefore, contentOf, groupsOf, ledgersOf } from './plan.ts';

const TICKS = 1000;

export const HORIZON = 'http://localhost:8000';

export async function get(sandbox: HttpSandbox, path: string): Promise<Answer> {
  return answerOf(
    await sandbox.fetch(new Request(HORIZON + path, { headers: { Accept: 'application/json' } })),
  );
}

export async function answerOf(response: Response): Promise<Answer> {
  const content_type = response.headers.get('content-type') ?? '';
  const text = await response.text();
  const json = content_type.includes('json');
  return { status: response.status, content_type, body: json ? JSON.parse(text) : text };
}

async function control(sandbox: HttpSandbox, path: string, body: unknown): Promise<void> {
  const response = await sandbox.fetch(
    new Request(HORIZON + path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    }),
  );
  if (!response.ok) throw new Error(`POST ${path}: ${response.status} ${await response.text()}`);
}

/** Starts the network as it was just before the first step. */
export async function resetTo(sandbox: HttpSandbox, scenario: Scenario): Promise<void> {
  const before = scenario.steps[0]?.last_closed_ledger;
  const { sequence, balance } = scenario.root_before;
  await control(sandbox, '/sandbox/reset', {
    root: { sequence, balance },
    id_pool: scenario.id_pool_before,
    ledger: { sequence: before?.ledger, close_time: before?.close_time },
  });
}

/** Without `transactions` the ledger holds what waits. */
export async function closeLedger(
  sandbox: HttpSandbox,
  sequence: number,
  closeTime: number,
  transactions?: string[],
): Promise<void> {
  await control(sandbox, '/sandbox/ledgers', { sequence, close_time: closeTime, transactions });
}

export function post(sandbox: HttpSandbox, envelope: string): Promise<Answer> {
  const request = new Request(`${HORIZON}/transactions`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded', Accept: 'application/json' },
    body: new URLSearchParams({ tx: envelope }).toString(),
  });
  return sandbox.fetch(request).then(answerOf);
}

/** Replays a scenario over HTTP: every transaction is posted, ledgers close on demand, then all pages are read. */
export class HttpReplay {
  readonly differences: Difference[] = [];
  private readonly sandbox: HttpSandbox;
  private readonly scenario: Scenario;
  private sequence: number;

  constructor(sandbox: HttpSandbox, scenario: Scenario) {
    this.sandbox = sandbox;
    this.scenario = scenario;
    this.sequence = scenario.steps[0]?.last_closed_ledger.ledger ?? 3;
  }

  /** `until`: only the steps up to this ledger, and no pages. */
  async run(until?: number): Promise<Difference[]> {
    await resetTo(this.sandbox, this.scenario);
    for (const group of groupsOf(this.scenario)) {
      if (until !== undefined && group.some((step) => step.ledger > until)) return this.differences;
      await this.replay(group);
    }
    if (until === undefined) await this.compareFinal();
    return this.differences;
  }

  private async replay(group: Step[]): Promise<void> {
    const before = group[0]?.last_closed_ledger;
    if (before && this.sequence < before.ledger) await this.close(before.ledger, before.close_time, []);
    const ledgers = ledgersOf(group, this.sequence);
    const sent = new Map<Step, { answer: Promise<Answer> }>();
    for (const step of group) if (cameBefore(step, ledgers)) sent.set(step, await this.send(step));
    for (const ledger of ledgers) {
      const { closeTime, envelopes } = contentOf(group, ledger);
      await this.close(ledger, closeTime, envelopes);
    }
    for (const step of group) {
      const { answer } = sent.get(step) ?? (await this.send(step));
      this.compareAnswer(step, await answer);
    }
  }

  /** Posts a transaction and waits until the sandbox has answered it, queued it, or holds it. */
  private async send(step: Step): Promise<{ answer: Promise<Answer> }> {
    const held = this.sandbox.held();
    let answered = false;
    const answer = post(this.sandbox, step.envelope_xdr).finally(() => {
      answered = true;
    });
    const settled = () =>
      answered || this.sandbox.held() > held || this.sandbox.pending().includes(step.hash);
    // One that the queue turns away waits for its next chance, and nothing shows it.
    for (let tick = 0; tick < TICKS && !settled(); tick++) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (!step.applied && this.sandbox.held() > held) this.sandbox.giveUpHolding();
    // In an object: a promise returned as such would be awaited.
    return { answer };
  }

  private async close(sequence: number, closeTime: number, transactions: string[]): Promise<void> {
    await closeLedger(this.sandbox, sequence, closeTime, transactions);
    this.sequence = sequence;
  }

  private compareAnswer(step: Step, answer: Answer): void {
    this.compareBodies(`POST "${step.name}"`, step.http, answer);
  }

  private compareBodies(where: string, recorded: Answer, answer: Answer): void {
    const { account_id: root } = this.scenario.root_before;
    const describe = ({ status, content_type, body }: Answer) => ({
      status,
      ...(recorded.content_type === undefined ? {} : { content_type }),
      body: comparable(body, root),
    });
    const ignore = (path: string) => isLeftOutValue(this.scenario.scenario, path);
    this.differences.push(...jsonDifferences(where, describe(recorded), describe(answer), ignore));
  }

  private async compareFinal(): Promise<void> {
    for (const [role, pages] of Object.entries(this.scenario.final)) {
      if (isLeftOutRole(this.scenario.scenario, role)) continue;
      const id = this.scenario.roles[role]?.public_key ?? this.scenario.root_before.account_id;
      for (const [page, recorded] of Object.entries(pages)) {
        const answer = await get(this.sandbox, pathOf(page, id, recorded));
        this.compareBodies(`final ${page} of ${role}`, recorded, answer);
      }
    }
  }
}

/** The page as the recorder asked for it: its `self` link without the empty cursor that Horizon adds. */
function pathOf(page: string, account: string, recorded: Answer): string {
  if (page === 'account') return `/accounts/${account}`;
  const self = (recorded.body as { _links?: { self?: { href: string } } } | null)?._links?.self?.href;
  if (!self) return `/accounts/${account}/${page}?limit=200&order=asc`;
  const url = new URL(self);
  url.searchParams.delete('cursor');
  return url.pathname + url.search;
}
