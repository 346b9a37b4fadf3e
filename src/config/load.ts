import { isAbsolute, join, resolve } from 'node:path';
import { readClients } from './clients.ts';
import { checkCodes, readCustomers } from './customers.ts';
import { type Environment, readEnvironment } from './environment.ts';
import { Faults } from './faults.ts';
import { checkForm } from './forms-check.ts';
import { checkIntegrations, checkNeededHooks } from './hooks-check.ts';
import type { FormDefinition, Integrations } from './integrations.ts';
import type { Organization, Project, SepId } from './project.ts';
import { readReach, readSep45 } from './reach.ts';
import { findProjectRoot } from './root.ts';
import { readDatabaseUrl, readSecrets, readSigner } from './secrets.ts';
import { readToml, type TomlValues } from './toml.ts';
import { type CodeOptions, codeLoader, findCode, listCode } from './user-code.ts';

export interface LoadProjectOptions extends CodeOptions {
  /** the project's folder or one below it */
  dir: string;
  /** the process environment; it beats `.env` */
  env: Readonly<Record<string, string | undefined>>;
  /** false: integrations.ts and forms/ are not loaded, for commands that run none of the anchor's code */
  integrations?: boolean | undefined;
}

/**
 * Reads anchor.toml, `.env`, integrations.ts and forms/ and checks them as a whole.
 *
 * @throws PROJECT_NOT_FOUND; CONFIG_INVALID with every fault, see `configFaults`
 */
export async function loadProject(options: LoadProjectOptions): Promise<Project> {
  const root = findProjectRoot(options.dir);
  const faults = new Faults();
  const toml = readToml(root, faults);
  const env = readEnvironment(root, options.env, faults);
  const reach = readReach(env, toml, faults);
  const network = reach.network.name;
  const seps = readSeps(toml, faults);
  const code =
    options.integrations === false
      ? { integrations: {}, forms: new Map<string, FormDefinition>() }
      : await loadCode(root, env, options, { seps, network: reach.network }, faults);
  const loaded = options.integrations !== false;
  const customers = readCustomers(
    { types: toml.get('customers.types'), fields: toml.get('customers.fields') },
    loaded ? code.integrations.customers : null,
    faults,
  );
  if (loaded) checkCodes(customers, code.integrations.customers, network, faults);
  const project: Project = {
    root,
    organization: readOrganization(toml),
    ...reach,
    seps,
    databaseUrl: readDatabaseUrl(env, root, network, faults),
    setup: { asset: toml.get('setup.asset'), issuer: toml.get('setup.issuer') },
    branding: { accent: toml.get('branding.accent'), logo: toml.get('branding.logo') },
    sep10: {
      clientDomainRequired: toml.get('sep10.client_domain_required'),
      clientDomains: toml.get('sep10.client_domains'),
      tokenLifetimeSeconds: toml.get('sep10.token_lifetime_seconds'),
    },
    sep24: {
      claimableBalances: toml.get('sep24.claimable_balances'),
      accountCreation: toml.get('sep24.account_creation'),
    },
    sep31: {
      senders: toml.get('sep31.senders'),
      fundingMethods: toml.get('sep31.funding_methods'),
      quotesRequired: toml.get('sep31.quotes_required'),
      acceptUnverified: toml.get('sep31.accept_unverified'),
    },
    federation: { enabled: toml.get('federation.enabled') },
    regulated: { assets: toml.get('regulated.assets') },
    ...readSep45(seps, network, env, toml, faults),
    quotes: {
      assets: toml.get('quotes.assets'),
      lifetimeSeconds: toml.get('quotes.lifetime_seconds'),
      lifetimeMaxSeconds: Math.max(
        toml.get('quotes.lifetime_max_seconds'),
        toml.get('quotes.lifetime_seconds'),
      ),
      authRequired: toml.get('quotes.auth_required'),
      openMax: toml.get('quotes.open_max'),
    },
    customers: {
      ...customers,
      maxFileBytes: toml.get('customers.max_file_bytes'),
      maxFiles: toml.get('customers.max_files'),
    },
    clients: readClients(root, faults),
    transfers: { expireHours: toml.get('transfers.expire_hours') },
    stellar: {
      startingBalance: toml.get('stellar.starting_balance'),
      maxFee: toml.get('stellar.max_fee'),
      cosignHours: toml.get('stellar.cosign_hours'),
    },
    sandbox: {
      closeMs: toml.get('sandbox.close_ms'),
      state: statePath(root, toml.get('sandbox.state')),
      seed: toml.get('sandbox.seed'),
    },
    jobIntervalSeconds: toml.get('jobs.interval_seconds') ?? (network === 'sandbox' ? 2 : 5),
    secrets: readSecrets(env, network, faults),
    signer: readSigner(env, network, faults),
    ...code,
  };
  if (options.integrations !== false) {
    checkSenders(project, faults);
    checkOptional(project, faults);
  }
  faults.throwIfAny();
  return project;
}

/** What answers nothing without the anchor's own code is not switched on without it. */
function checkOptional({ federation, regulated, integrations }: Project, faults: Faults): void {
  const missing = (hook: string, key: string): void => {
    faults.add(
      'HOOK_MISSING',
      `integrations.ts: ${hook}`,
      'nothing',
      `${key} in anchor.toml needs it: write ${hook}.`,
    );
  };
  if (federation?.enabled && integrations.federation === undefined)
    missing('federation', 'federation.enabled');
  if ((regulated?.assets ?? []).length > 0 && integrations.approval === undefined)
    missing('approval', 'regulated.assets');
}

/** SEPs that do not work without others. */
const NEEDS: Readonly<Partial<Record<SepId, readonly SepId[]>>> = {
  6: [1, 10],
  10: [1],
  12: [1, 10],
  24: [1, 10],
  31: [1, 10, 12],
  38: [1, 10],
  45: [1],
};

function readSeps(toml: TomlValues, faults: Faults): SepId[] {
  const seps = toml.get('seps').toSorted((a, b) => a - b);
  for (const sep of seps) {
    const missing = (NEEDS[sep] ?? []).filter((needed) => !seps.includes(needed));
    if (missing.length > 0) {
      const names = missing.map((needed) => `SEP-${needed}`).join(' and ');
      faults.add(
        'VALUES_CONFLICT',
        'anchor.toml: seps',
        `${sep} without ${missing.join(', ')}`,
        `SEP-${sep} needs ${names}.`,
      );
    }
  }
  return seps;
}

/** Off the sandbox nobody but partners under contract may ask us to pay somebody (S31-02). */
function checkSenders(project: Project, faults: Faults): void {
  const { seps, network, sep31, integrations } = project;
  if (!seps.includes(31) || network.name === 'sandbox') return;
  if ((sep31?.senders.length ?? 0) > 0 || integrations.sep31?.sender !== undefined) return;
  const fix =
    'List the accounts (G...) of the sending anchors that you have a contract with, or write integrations.sep31.sender.';
  faults.add('VALUE_MISSING', 'anchor.toml: sep31.senders', 'nobody, with SEP-31 switched on', fix);
}

function readOrganization(toml: TomlValues): Organization {
  return {
    name: toml.get('organization.name'),
    dba: toml.get('organization.dba'),
    url: toml.get('organization.url'),
    logo: toml.get('organization.logo'),
    description: toml.get('organization.description'),
    physicalAddress: toml.get('organization.physical_address'),
    phoneNumber: toml.get('organization.phone_number'),
    keybase: toml.get('organization.keybase'),
    twitter: toml.get('organization.twitter'),
    github: toml.get('organization.github'),
    officialEmail: toml.get('organization.official_email'),
    supportEmail: toml.get('organization.support_email'),
    licensingAuthority: toml.get('organization.licensing_authority'),
    licenseType: toml.get('organization.license_type'),
    licenseNumber: toml.get('organization.license_number'),
  };
}

const statePath = (root: string, state: string): string =>
  state === 'memory' || isAbsolute(state) ? state : resolve(root, state);

async function loadCode(
  root: string,
  env: Environment,
  options: CodeOptions,
  project: Pick<Project, 'seps' | 'network'>,
  faults: Faults,
): Promise<{ integrations: Integrations; forms: Map<string, FormDefinition> }> {
  shareOwnVariables(env);
  const loader = await codeLoader(root, options, faults);
  const forms = new Map<string, FormDefinition>();
  for (const { id, file } of listCode(join(root, 'forms'))) {
    const module = await loader.load(file);
    const form = module && checkForm(module['default'], loader.shown(file), faults);
    if (form !== undefined) forms.set(id, form);
  }
  const file = findCode(root, 'integrations');
  const where = file === undefined ? 'integrations.ts' : loader.shown(file);
  const module = file === undefined ? { default: {} } : await loader.load(file);
  if (module === undefined) return { integrations: {}, forms };
  const integrations = checkIntegrations(module['default'], where, faults);
  checkNeededHooks(integrations, project, where, faults);
  return { integrations, forms };
}

const shared = new Map<string, string>();

/**
 * What `.env` holds for the anchor's own code is found in `process.env`, as people expect; our own secrets stay out of it,
 * and with that out of every program that is started. A variable that the process was given stays as it is.
 */
function shareOwnVariables(env: Environment): void {
  for (const [name, value] of Object.entries(env.own)) {
    if (process.env[name] !== undefined && process.env[name] !== shared.get(name)) continue;
    process.env[name] = value;
    shared.set(name, value);
  }
}
