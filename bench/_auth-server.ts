// The server of the HTTP benchmark: POST /auth as we serve it, or the same route with the SDK verifying. Everything else is the
// same for both: body, account look-up, the challenge used up in a real database, the token. Talks to its parent over IPC.
import { mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import { Keypair, WebAuth } from '@stellar/stellar-sdk';
import { Hono } from 'hono';
import type { Project } from '../src/config/project.ts';
import { createSecretBox, migrate, openDatabase } from '../src/database/index.ts';
import { systemClock } from '../src/kernel/clock.ts';
import { systemIds } from '../src/kernel/ids.ts';
import { silentLog } from '../src/kernel/log.ts';
import { sep10 } from '../src/seps/sep10-auth/index.ts';
import { guarded, json } from '../src/seps/shared/answers.ts';
import { readBody } from '../src/seps/shared/body.ts';
import { tokensOf } from '../src/seps/shared/tokens.ts';
import { createConsume } from '../src/seps/shared/used.ts';
import type { NetworkAccount } from '../src/stellar/port.ts';
import type { AnchorContext } from '../src/transfers/context.ts';
import { DOMAIN, PASSPHRASE, SIGNING_SEED } from './_auth-common.ts';
import { serveForParent } from './_serve.ts';

const root = mkdtempSync(join(tmpdir(), 'bench-auth-'));

/** Every account there is has its own key as only signer. */
const account = (id: string): NetworkAccount => ({
  id,
  sequence: 1n,
  balances: [],
  signers: [{ key: id, weight: 1, type: 'ed25519_public_key' }],
  thresholds: { low: 0, medium: 0, high: 0 },
  flags: { authRequired: false, authRevocable: false, authImmutable: false, clawbackEnabled: false },
  subEntryCount: 0,
  sponsoring: 0,
  sponsored: 0,
  homeDomain: null,
  data: {},
  ledger: 1,
});

const db = await openDatabase({ url: 'sqlite:anchor.db', root, log: silentLog });
await migrate(db);
const key = `a:${Buffer.alloc(32, 7).toString('base64')}`;
const ctx = {
  project: {
    network: { name: 'testnet', passphrase: PASSPHRASE },
    hostUrl: `https://${DOMAIN}`,
    homeDomain: DOMAIN,
    homeDomains: [DOMAIN],
    localMode: false,
    sep10: { clientDomainRequired: false, clientDomains: [], tokenLifetimeSeconds: 86_400 },
    secrets: { signingSeed: SIGNING_SEED, jwtKey: 'a key for measuring that is long enough' },
  } as unknown as Project,
  db,
  box: createSecretBox(key, systemIds),
  network: { account: async (id: string) => account(id) } as unknown as AnchorContext['network'],
  fetch: () => Promise.reject(new Error('unused')),
  clock: systemClock,
  ids: systemIds,
  log: silentLog,
} satisfies AnchorContext;

function withSdk(): Hono {
  const server = Keypair.fromSecret(SIGNING_SEED).publicKey();
  const tokens = tokensOf(ctx);
  const consume = createConsume(ctx);
  return new Hono().post(
    '/auth',
    guarded(silentLog, async (c) => {
      const { transaction = '' } = await readBody(c, { names: ['transaction'] });
      const { tx, clientAccountID } = WebAuth.readChallengeTx(
        transaction,
        server,
        PASSPHRASE,
        DOMAIN,
        DOMAIN,
      );
      const { signers } = (await ctx.network.account(clientAccountID)) as NetworkAccount;
      WebAuth.verifyChallengeTxThreshold(
        transaction,
        server,
        PASSPHRASE,
        1,
        signers as never,
        DOMAIN,
        DOMAIN,
      );
      await consume(tx.hash(), Number(tx.timeBounds?.maxTime));
      return json({ token: tokens.sign('api', { sub: clientAccountID, lifetimeSeconds: 86_400 }) });
    }),
  );
}

const app = process.argv[3] === 'sdk' ? withSdk() : sep10.routes(ctx);
const server = createAdaptorServer({ fetch: app.fetch }) as Server;
serveForParent(server, {}, async () => {
  await db.close();
  rmSync(root, { recursive: true, force: true });
});
