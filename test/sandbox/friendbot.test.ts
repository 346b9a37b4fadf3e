import { Keypair, Operation } from '@stellar/stellar-sdk';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, Net, settle } from './support.ts';

describe('friendbot', () => {
  let net: Net;
  beforeEach(() => {
    net = new Net();
  });
  afterEach(() => net.sandbox.close());

  const balanceOf = (id: string) => net.sandbox.ledger.account(id)?.balance;

  /** Asks for all at once and closes ledgers until all are answered. */
  async function fund(...addresses: string[]): Promise<Answer[]> {
    const answers = Promise.all(addresses.map((address) => net.get(`/friendbot?addr=${address}`)));
    let done = false;
    void answers.finally(() => {
      done = true;
    });
    for (let ledger = 0; ledger < 40 && !done; ledger++) {
      await settle();
      net.sandbox.closeLedger();
    }
    return answers;
  }

  it('gives 10,000 XLM and answers with the whole transaction', async () => {
    const id = Keypair.random().publicKey();
    const [answer] = await fund(id);
    expect(answer?.status).toBe(200);
    expect(answer?.body).toMatchObject({ successful: true });
    expect(answer?.body.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(balanceOf(id)).toBe(100_000_000_000n);
  });

  it('takes a POST with a form', async () => {
    const id = Keypair.random().publicKey();
    const body = new URLSearchParams({ addr: id });
    const answer = net.sandbox.fetch('http://localhost/friendbot', { method: 'POST', body });
    await settle();
    net.sandbox.closeLedger();
    expect((await answer).status).toBe(200);
    expect(balanceOf(id)).toBe(100_000_000_000n);
  });

  it('tells an account that is there by a 400, and gives nothing', async () => {
    const id = Keypair.random().publicKey();
    await fund(id);
    const { status, body } = await net.get(`/friendbot?addr=${id}`);
    expect(status).toBe(400);
    expect(body.detail).toContain('createAccountAlreadyExist');
    expect(balanceOf(id)).toBe(100_000_000_000n);
  });

  it('serves many at once in few ledgers, each address once', async () => {
    const ids = Array.from({ length: 60 }, () => Keypair.random().publicKey());
    const first = net.sandbox.ledger.header.sequence;
    const answers = await fund(...ids, ids[0] as string);
    expect(answers.slice(0, 60).every(({ status }) => status === 200)).toBe(true);
    expect(answers[60]?.status).toBe(400);
    expect(ids.every((id) => balanceOf(id) === 100_000_000_000n)).toBe(true);
    expect(net.sandbox.ledger.header.sequence - first).toBeLessThanOrEqual(5);
  });

  it('goes on when another made an account meanwhile', async () => {
    await fund(Keypair.random().publicKey());
    const [mine, other] = [Keypair.random(), Keypair.random()];
    const answers = Promise.all([mine, other].map((one) => net.get(`/friendbot?addr=${one.publicKey()}`)));
    await settle();
    const [waiting] = net.sandbox.ledger.pending();
    expect(waiting).toBeTypeOf('string');
    // The batch is on its way when one of its accounts appears.
    const create = net.build(net.root, [
      Operation.createAccount({ destination: other.publicKey(), startingBalance: '5' }),
    ]);
    net.sandbox.closeLedger({ transactions: [create.toXDR()] });
    for (let ledger = 0; ledger < 10; ledger++) {
      await settle();
      net.sandbox.closeLedger();
    }
    const [first, second] = await answers;
    expect(first?.status).toBe(200);
    expect(second?.status).toBe(400);
    expect(balanceOf(mine.publicKey())).toBe(100_000_000_000n);
    expect(balanceOf(other.publicKey())).toBe(50_000_000n);
  });

  it('sends again when the root used its number first', async () => {
    const pending = net.submit(
      net.build(net.root, [Operation.manageData({ name: 'k', value: 'v' })]).toXDR(),
    );
    await settle();
    const [answer] = await fund(Keypair.random().publicKey());
    expect((await pending).status).toBe(200);
    expect(answer?.status).toBe(200);
  });

  it('goes on after a reset', async () => {
    const lost = net.get(`/friendbot?addr=${Keypair.random().publicKey()}`);
    await settle();
    await net.post('/sandbox/reset', {});
    expect((await lost).status).toBe(504);
    const [answer] = await fund(Keypair.random().publicKey());
    expect(answer?.status).toBe(200);
  });

  it.each(['', 'GABC', 'M'.repeat(69), `${Keypair.random().publicKey().slice(0, -1)}1`])(
    'refuses the address %j with 400',
    async (address) => {
      const { status, body } = await net.get(`/friendbot?addr=${address}`);
      expect(status).toBe(400);
      expect(body.extras.invalid_field).toBe('addr');
    },
  );

  it('answers 504 when no ledger closes', async () => {
    const answer = net.get(`/friendbot?addr=${Keypair.random().publicKey()}`);
    await settle();
    net.clock.advance(30_000);
    expect((await answer).status).toBe(504);
  });

  it('says it when the root has nothing to give', async () => {
    await net.post('/sandbox/reset', { root: { sequence: 0, balance: '5' } });
    const [answer] = await fund(Keypair.random().publicKey());
    expect(answer?.status).toBe(400);
    expect(answer?.body.detail).toContain('op_underfunded');
  });
});
