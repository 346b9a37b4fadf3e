import { formatAmount } from '../../kernel/amounts.ts';
import { assetKey } from '../../kernel/assets.ts';
import { asksForMemo, MEMO_REQUIRED } from '../../payments/memo-required.ts';
import { planSigning } from '../../payments/signing.ts';
import type { NetworkAccount } from '../../stellar/port.ts';
import { type AnchorContext, type AssetRow, jobHealth } from '../../transfers/index.ts';
import { type Finding, fail, guarded, ok, warn } from './check.ts';

const SKEW_SECONDS = 60;

/** Horizon answers, for the right network, and our clock agrees with the ledger's. */
export async function checkHorizon(ctx: AnchorContext): Promise<Finding[]> {
  const { horizonUrl, otherHorizonUrls = [], passphrase } = ctx.project.network;
  for (const url of [horizonUrl, ...otherHorizonUrls]) {
    const root = await ctx.fetch(`${url}/`, {
      headers: { accept: 'application/json' },
      signal: AbortSignal.timeout(10_000),
    });
    const found = ((await root.json()) as { network_passphrase?: unknown }).network_passphrase;
    if (found !== passphrase) {
      const text = `${url} is on "${String(found)}", the project on "${passphrase}". Change HORIZON_URI.`;
      return [fail('network', text)];
    }
  }
  const ledger = await ctx.network.latestLedger();
  const skew = Math.floor(ctx.clock.now() / 1000) - ledger.closeTime;
  const findings = [ok('network', `ledger ${ledger.sequence} at ${horizonUrl}`)];
  if (Math.abs(skew) > SKEW_SECONDS) {
    findings.push(
      warn(
        'clock',
        `The last ledger closed ${skew} s from now by this clock: set the clock, or the network stands still.`,
      ),
    );
  } else findings.push(ok('clock'));
  return findings;
}

/** Accounts, trustline, reserve and funds of every asset. */
export async function checkAssets(ctx: AnchorContext): Promise<Finding[]> {
  const rows = await ctx.db.read.selectFrom('assets').selectAll().orderBy('created_at').execute();
  if (rows.length === 0) {
    return [fail('assets', 'There is no asset. Run: anchor setup, or anchor add-asset CODE --issuer G...')];
  }
  const all = await Promise.all(rows.map((row) => guarded(`asset_${row.code}`, () => checkAsset(ctx, row))));
  return all.flat();
}

async function checkAsset(ctx: AnchorContext, row: AssetRow): Promise<Finding[]> {
  const id = `asset_${row.code}`;
  const findings: Finding[] = [];
  if (row.issuer !== '') {
    const issuer = await ctx.network.account(row.issuer);
    if ('missing' in issuer)
      findings.push(fail(`${id}_issuer`, `The issuer ${row.issuer} does not exist on this network.`));
    else findings.push(homeDomain(ctx, id, issuer));
  }
  const holder = await ctx.network.account(row.distribution_account);
  if ('missing' in holder) {
    return [
      ...findings,
      fail(id, `The distribution account ${row.distribution_account} does not exist. Run: anchor setup`),
    ];
  }
  findings.push(await reserve(ctx, id, holder));
  findings.push(await signing(ctx, id, holder));
  findings.push(memoRequired(ctx, id, holder, row));
  const key = assetKey({ code: row.code, issuer: row.issuer === '' ? null : row.issuer });
  const line = holder.balances.find((balance) => balance.asset === key);
  if (line === undefined)
    findings.push(fail(id, `${holder.id} has no trustline to ${key}. Run: anchor setup`));
  else if (!line.authorized)
    findings.push(fail(id, `The issuer has not authorized ${holder.id} to hold ${row.code}.`));
  else if (line.balance === 0n)
    findings.push(warn(id, `${holder.id} holds no ${row.code}: deposits will wait for funds.`));
  else findings.push(ok(id, `${holder.id} holds ${formatAmount(line.balance)}`));
  return findings;
}

/** Whether somebody can sign payments of the account as its signers and thresholds are now. */
async function signing(ctx: AnchorContext, id: string, holder: NetworkAccount): Promise<Finding> {
  const plan = await planSigning(ctx, holder);
  if ('wait' in plan) return fail(`${id}_signing`, plan.wait.text);
  if (!plan.patient) return ok(`${id}_signing`);
  return warn(
    `${id}_signing`,
    `Co-signers have to sign every payment of ${holder.id}: anchor tx sign lists them.`,
  );
}

/** Who pays us without a memo waits in suspense; wallets that know SEP-29 ask for the memo before they pay (SO-08). */
function memoRequired(ctx: AnchorContext, id: string, holder: NetworkAccount, row: AssetRow): Finding {
  if (asksForMemo(holder)) return ok(`${id}_memo_required`);
  const text = `${holder.id} does not ask for a memo (SEP-29)`;
  if (row.distribution_seed !== null) {
    return warn(
      `${id}_memo_required`,
      `${text}. Run: anchor setup (it takes 0.5 XLM of reserve and its own key).`,
    );
  }
  const network = ctx.project.network.name === 'public' ? 'mainnet' : ctx.project.network.name;
  const value = Buffer.from(MEMO_REQUIRED.value).toString('hex');
  const line = `stellar tx new manage-data --source-account KEY --network ${network} --data-name ${MEMO_REQUIRED.name} --data-value ${value}`;
  return warn(`${id}_memo_required`, `${text}. Run where its key is: ${line}`);
}

function homeDomain(ctx: AnchorContext, id: string, issuer: NetworkAccount): Finding {
  const wanted = ctx.project.homeDomain;
  if (issuer.homeDomain === wanted) return ok(`${id}_home_domain`, wanted);
  return warn(
    `${id}_home_domain`,
    `The issuer's home domain is ${issuer.homeDomain ?? 'not set'}, this anchor's ${wanted}: wallets may not find it. Run anchor setup where ISSUER_SEED is set.`,
  );
}

async function reserve(ctx: AnchorContext, id: string, account: NetworkAccount): Promise<Finding> {
  const { baseReserve } = await ctx.network.latestLedger();
  const bound = BigInt(2 + account.subEntryCount + account.sponsoring - account.sponsored) * baseReserve;
  const native = account.balances.find((balance) => balance.asset === 'native')?.balance ?? 0n;
  const free = native - bound;
  const text = `${account.id} has ${formatAmount(free < 0n ? 0n : free)} XLM to spend`;
  if (free < baseReserve) return fail(`${id}_reserve`, `${text}: send it some, or payments stop.`);
  return free < 10n * baseReserve
    ? warn(`${id}_reserve`, `${text}: send it more.`)
    : ok(`${id}_reserve`, text);
}

/** Every job that is needed runs somewhere. */
export async function checkWorkers(ctx: AnchorContext, jobs: readonly string[]): Promise<Finding[]> {
  const states = await Promise.all(jobs.map(async (job) => ({ job, health: await jobHealth(ctx, job) })));
  return states.map(({ job, health }) => {
    if (!health.running)
      return warn(
        `job_${job}`,
        `It does not run in a loop. Run: anchor run ${job} --loop, or anchor run all --loop`,
      );
    return health.error === null
      ? ok(`job_${job}`)
      : warn(`job_${job}`, `Its last pass failed: ${health.error}`);
  });
}
