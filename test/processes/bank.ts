import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The bank's book, in files that all processes of the project share. It knows no idempotency at first: whoever orders twice pays twice. */
export interface FileBank {
  /** from now on a key is paid once: the only help against a call that goes on after its process stood still for longer than all patience */
  minds(): void;
  /** money from a payer */
  pay(credit: { id: string; amount: string; reference: string }): void;
  /** every payment that the bank made, in order */
  paid(): { key: string; amount: string; id: string }[];
}

/** integrations.ts of a project that banks there. A payout takes a while, so that a process can be ended in the middle of it. */
const CODE = `
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
const at = (name) => new URL('./data/' + name, import.meta.url);
const lines = (name) => existsSync(at(name))
  ? readFileSync(at(name), 'utf8').split('\\n').filter((line) => line !== '').map((line) => JSON.parse(line))
  : [];
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
export default {
  rails: {
    settleSeconds: 0,
    timeoutSeconds: 2,
    async pollDeposits({ cursor }) {
      const all = lines('credits.jsonl');
      return { credits: all.slice(Number(cursor ?? 0)), cursor: String(all.length) };
    },
    async payout({ key, amount }) {
      await pause(20);
      const known = existsSync(at('minds')) ? lines('paid.jsonl').find((line) => line.key === key) : undefined;
      if (known !== undefined) return { status: 'completed', externalId: known.id };
      const id = 'B-' + process.pid + '-' + process.hrtime.bigint();
      appendFileSync(at('paid.jsonl'), JSON.stringify({ key, amount, id }) + '\\n');
      await pause(300);
      return { status: 'completed', externalId: id };
    },
    async lookupPayout(key) {
      const found = lines('paid.jsonl').find((line) => line.key === key);
      return found === undefined ? { status: 'none' } : { status: 'completed', externalId: found.id };
    },
  },
};
`;

export function installBank(dir: string): FileBank {
  writeFileSync(join(dir, 'integrations.ts'), CODE);
  mkdirSync(join(dir, 'data'), { recursive: true });
  const paid = join(dir, 'data', 'paid.jsonl');
  return {
    minds: () => writeFileSync(join(dir, 'data', 'minds'), ''),
    pay: (credit) => appendFileSync(join(dir, 'data', 'credits.jsonl'), `${JSON.stringify(credit)}\n`),
    paid: () =>
      existsSync(paid)
        ? readFileSync(paid, 'utf8')
            .split('\n')
            .filter((line) => line !== '')
            .map((line) => JSON.parse(line) as { key: string; amount: string; id: string })
        : [],
  };
}
