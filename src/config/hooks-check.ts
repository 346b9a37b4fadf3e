import { type Faults, shown } from './faults.ts';
import type { Integrations } from './integrations.ts';
import { suggestion } from './nearest.ts';
import type { Project } from './project.ts';

const FLOW = ['forms', 'content', 'interactiveUrl', 'instructions', 'afterForms', 'afterCompleted'];

interface Group {
  hooks: readonly string[];
  needed: readonly string[];
  /** what is no function, with what it must be */
  values?: Readonly<Record<string, (value: unknown) => string | undefined>>;
}

/** A week: a bank that takes longer to say whether it has an order is better left to the operator. */
const SETTLE_MAX_SECONDS = 7 * 86_400;

function isSettleTime(value: unknown): string | undefined {
  const fits = typeof value === 'number' && value >= 0 && value <= SETTLE_MAX_SECONDS;
  return fits ? undefined : `This must be a number of seconds from 0 to ${SETTLE_MAX_SECONDS}.`;
}

function isTimeLimit(value: unknown): string | undefined {
  const fits = typeof value === 'number' && value >= 1 && value <= 60;
  return fits ? undefined : 'This must be a number of seconds from 1 to 60.';
}

const isTable = (value: unknown): string | undefined =>
  isObject(value) ? undefined : 'This must be an object.';

/** Groups of hooks with the names in them; `needed` ones come with the group. */
const GROUPS: Readonly<Record<string, Group>> = {
  rails: {
    hooks: [
      'pollDeposits',
      'payout',
      'lookupPayout',
      'pollPayouts',
      'refund',
      'pollReturns',
      'webhook',
      'verifyWebhook',
    ],
    values: { settleSeconds: isSettleTime, timeoutSeconds: isTimeLimit },
    needed: ['pollDeposits', 'payout'],
  },
  deposit: { hooks: FLOW, needed: [] },
  withdrawal: { hooks: FLOW, needed: [] },
  sep6: { hooks: ['methods', 'instructions', 'request', 'update'], needed: [] },
  sep31: { hooks: ['sender', 'info', 'review', 'update'], needed: [] },
  quotes: { hooks: ['price', 'liquidity'], needed: ['price'] },
  customers: {
    hooks: ['review', 'required', 'sendCode', 'erased'],
    // what is in them: config/customers.ts
    values: { types: isTable, fields: isTable },
    needed: [],
  },
  testBank: { hooks: ['pay', 'statement', 'inject'], needed: ['pay', 'statement'] },
};

const HOOKS = ['toml', 'fee', 'federation', 'approval'];

export const INTEGRATION_NAMES: readonly string[] = [...Object.keys(GROUPS), ...HOOKS];

/** What integrations.ts exports by default: names and kinds. What hooks answer is checked when they are called. */
export function checkIntegrations(exported: unknown, where: string, faults: Faults): Integrations {
  if (!isObject(exported)) {
    const fix = 'End the file with: export default defineIntegrations({ ... });';
    faults.add('CODE_INVALID', where, exported === undefined ? 'no default export' : shown(exported), fix);
    return {};
  }
  for (const [name, value] of Object.entries(exported)) {
    const at = `${where}: ${name}`;
    const group = Object.hasOwn(GROUPS, name) ? GROUPS[name] : undefined;
    if (group !== undefined) checkGroup(value, at, group, name === 'testBank', faults);
    else if (!HOOKS.includes(name))
      faults.add('UNKNOWN_KEY', at, 'not a hook', suggestion(name, INTEGRATION_NAMES));
    else if (value !== undefined && typeof value !== 'function') notFunction(value, at, faults);
  }
  return exported as Integrations;
}

function checkGroup(value: unknown, where: string, group: Group, open: boolean, faults: Faults): void {
  if (value === undefined) return;
  if (!isObject(value)) {
    faults.add('CODE_INVALID', where, shown(value), `This must be an object with ${group.hooks.join(', ')}.`);
    return;
  }
  const names = [...group.hooks, ...Object.keys(group.values ?? {})];
  // an instance of a class may hold more than hooks; a plain object with a strange name is a slip
  if (!open && isPlain(value)) {
    for (const name of Object.keys(value)) {
      if (!names.includes(name)) {
        faults.add('UNKNOWN_KEY', `${where}.${name}`, 'not a hook', suggestion(name, names));
      }
    }
  }
  for (const [name, check] of Object.entries(group.values ?? {})) {
    const fix = value[name] === undefined ? undefined : check(value[name]);
    if (fix !== undefined) faults.add('CODE_INVALID', `${where}.${name}`, shown(value[name]), fix);
  }
  for (const name of group.hooks) {
    const hook = value[name];
    if (hook === undefined && group.needed.includes(name)) {
      faults.add('HOOK_MISSING', `${where}.${name}`, 'nothing', `Write the function ${name}.`);
    } else if (hook !== undefined && typeof hook !== 'function')
      notFunction(hook, `${where}.${name}`, faults);
  }
}

function notFunction(value: unknown, where: string, faults: Faults): void {
  faults.add('CODE_INVALID', where, shown(value), 'This must be a function.');
}

/** Where there is real money a hook that something switched on needs must be the anchor's own. */
export function checkNeededHooks(
  integrations: Integrations,
  project: Pick<Project, 'seps' | 'network'>,
  where: string,
  faults: Faults,
): void {
  if (project.network.name === 'public' && integrations.testBank !== undefined) {
    const fix = 'Put your own bank in the place of the fake one, in rails too, and remove testBank.';
    faults.add('CODE_INVALID', `${where}: testBank`, 'a test bank, on the public network', fix);
  }
  if (project.network.name !== 'sandbox' && project.seps.includes(38) && integrations.quotes === undefined) {
    const fix = 'SEP-38 needs your prices: give quotes with price, or take 38 out of seps in anchor.toml.';
    faults.add('HOOK_MISSING', `${where}: quotes`, `nothing, on network ${project.network.name}`, fix);
  }
  const asksNobody = project.seps.includes(6) && !project.seps.includes(12);
  if (project.network.name !== 'sandbox' && asksNobody && integrations.sep6?.request === undefined) {
    const fix = 'SEP-6 without SEP-12 asks nobody who they are: add 12 to seps, or decide in sep6.request.';
    faults.add('HOOK_MISSING', `${where}: sep6.request`, `nothing, on network ${project.network.name}`, fix);
  }
  if (project.network.name === 'sandbox' || integrations.rails !== undefined) return;
  const user = project.seps.find((sep) => sep === 24 || sep === 6 || sep === 31);
  if (user === undefined) return;
  const fix = `SEP-${user} and its jobs need the bank: give rails with pollDeposits and payout.`;
  faults.add('HOOK_MISSING', `${where}: rails`, `nothing, on network ${project.network.name}`, fix);
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
