import type { Environment, Variable, VariableName } from './environment.ts';
import { type Faults, shown } from './faults.ts';
import { HORIZON_URLS, NETWORK_NAMES, PASSPHRASES, TESTNET_FRIENDBOT } from './networks.ts';
import type { NetworkName, Project, SepId } from './project.ts';
import { address, addresses, origin, type Reader } from './readers.ts';
import type { SettingPath } from './settings.ts';
import type { TomlValues } from './toml.ts';

/** Ports, addresses and the network: what `project.ts` says about where things are. */
export type Reach = Pick<
  Project,
  'network' | 'hostUrl' | 'port' | 'sandboxPort' | 'localMode' | 'homeDomain' | 'homeDomains'
>;

const DEFAULT_PORT = 8000;

/** Environment first, then anchor.toml, then the default (DESIGN.md, Ports and Environment). */
export function readReach(env: Environment, toml: TomlValues, faults: Faults): Reach {
  const name = networkName(env, toml, faults);
  const port = readPort(env, 'PORT', faults) ?? DEFAULT_PORT;
  const sandboxPort = readSandboxPort(env, port, faults);
  const localMode = readSwitch(env, 'LOCAL_MODE', faults) ?? name === 'sandbox';
  const hostUrl = readHostUrl(env, port, localMode, faults);
  const homeDomain = new URL(hostUrl).host;
  return {
    network: readNetwork(name, sandboxPort, env, toml, faults),
    port,
    sandboxPort,
    localMode,
    hostUrl,
    homeDomain,
    homeDomains: [...new Set([homeDomain, ...toml.get('sep10.home_domains')])],
  };
}

function networkName(env: Environment, toml: TomlValues, faults: Faults): NetworkName {
  const given = env.get('STELLAR_NETWORK');
  if (given === undefined) return toml.get('network.name') ?? 'sandbox';
  const name = NETWORK_NAMES.find((known) => known === given.value);
  if (name !== undefined) return name;
  faults.add(
    'VALUE_INVALID',
    given.where,
    shown(given.value),
    `This must be one of ${NETWORK_NAMES.join(', ')}.`,
  );
  return 'sandbox';
}

function readNetwork(
  name: NetworkName,
  sandboxPort: number,
  env: Environment,
  toml: TomlValues,
  faults: Faults,
): Reach['network'] {
  const horizon = chosen('HORIZON_URI', 'network.horizon_url', addresses, env, toml, faults);
  const friendbot = chosen('FRIENDBOT_URI', 'network.friendbot_url', address, env, toml, faults);
  const preset = name === 'sandbox' ? `http://localhost:${sandboxPort}` : HORIZON_URLS[name];
  const [ours = preset, ...others] = (horizon?.value ?? preset).split(',');
  if (name === 'public' && horizon !== undefined && ![ours, ...others].every(isSafe)) {
    const found = shown(horizon.value);
    faults.add('VALUE_INVALID', horizon.where, found, 'On the public network this must be https.');
  }
  const friendbotOf = { sandbox: `${ours}/friendbot`, testnet: TESTNET_FRIENDBOT, public: undefined };
  return {
    name,
    passphrase: readPassphrase(name, env, toml, faults),
    horizonUrl: ours,
    ...(others.length > 0 ? { otherHorizonUrls: others } : {}),
    friendbotUrl: friendbot?.value ?? friendbotOf[name],
  };
}

/** Contract and RPC server of SEP-45, which has no use without either. */
export function readSep45(
  seps: readonly SepId[],
  network: NetworkName,
  env: Environment,
  toml: TomlValues,
  faults: Faults,
): Pick<Project, 'sep45'> {
  const rpc = chosen('RPC_URI', 'sep45.rpc_url', address, env, toml, faults);
  const contract = toml.get('sep45.contract');
  if (rpc !== undefined && network === 'public' && !isSafe(rpc.value)) {
    // its path or query may hold a key
    const found = shown(new URL(rpc.value).origin);
    faults.add('VALUE_INVALID', rpc.where, found, 'On the public network this must be https.');
  }
  if (!seps.includes(45)) return {};
  if (contract === undefined) {
    const fix = 'Name the contract (C...) whose web_auth_verify is called, or take 45 out of seps.';
    faults.add('VALUE_MISSING', 'anchor.toml: sep45.contract', 'not set, with SEP-45 switched on', fix);
  }
  if (rpc === undefined) {
    const fix = 'Name a Stellar RPC server, here or in RPC_URI, or take 45 out of seps.';
    faults.add('VALUE_MISSING', 'anchor.toml: sep45.rpc_url', 'not set, with SEP-45 switched on', fix);
  }
  return contract === undefined || rpc === undefined ? {} : { sep45: { contract, rpcUrl: rpc.value } };
}

function readPassphrase(name: NetworkName, env: Environment, toml: TomlValues, faults: Faults): string {
  const given = env.get('STELLAR_NETWORK_PASSPHRASE');
  const passphrase = given?.value ?? toml.get('network.passphrase') ?? PASSPHRASES[name];
  if (name !== 'public' && passphrase === PASSPHRASES.public) {
    const where = given?.where ?? 'anchor.toml: network.passphrase';
    const found = `the passphrase of the public network, on network ${name}`;
    faults.add(
      'VALUES_CONFLICT',
      where,
      found,
      'What is signed here would be valid with real money: remove it.',
    );
  }
  return passphrase;
}

function chosen<T extends string>(
  name: VariableName,
  path: SettingPath,
  reader: Reader<T>,
  env: Environment,
  toml: TomlValues,
  faults: Faults,
): Variable | undefined {
  const given = env.get(name);
  if (given === undefined) {
    const value = toml.get(path);
    return typeof value === 'string' ? { value, where: `anchor.toml: ${path}` } : undefined;
  }
  const value = reader.read(given.value);
  if (value !== undefined) return { value, where: given.where };
  faults.add('VALUE_INVALID', given.where, withoutUser(given.value), `This must be ${reader.expected}.`);
  return undefined;
}

/** an address may hold a password */
const withoutUser = (value: string): string => shown(value.replace(/\/\/[^/@]*@/, '//...@'));

function readPort(env: Environment, name: 'PORT' | 'SANDBOX_PORT', faults: Faults): number | undefined {
  const given = env.get(name);
  if (given === undefined) return undefined;
  const port = /^\d{1,5}$/.test(given.value) ? Number(given.value) : 0;
  if (port >= 1 && port <= 65_535) return port;
  faults.add('VALUE_INVALID', given.where, shown(given.value), 'This must be a port number from 1 to 65535.');
  return undefined;
}

function readSandboxPort(env: Environment, port: number, faults: Faults): number {
  const given = readPort(env, 'SANDBOX_PORT', faults);
  const sandboxPort = given ?? port + 1;
  if (sandboxPort > 65_535) {
    faults.add(
      'VALUE_MISSING',
      'SANDBOX_PORT',
      'PORT + 1 is no port',
      'Set SANDBOX_PORT, or choose a smaller PORT.',
    );
  }
  if (given === port) {
    const where = env.get('SANDBOX_PORT')?.where ?? 'SANDBOX_PORT';
    faults.add(
      'VALUES_CONFLICT',
      where,
      `${given}, the same as PORT`,
      'Choose another port for the sandbox.',
    );
  }
  return sandboxPort;
}

const SWITCH: Readonly<Record<string, boolean>> = {
  true: true,
  1: true,
  yes: true,
  on: true,
  false: false,
  0: false,
  no: false,
  off: false,
};

function readSwitch(env: Environment, name: VariableName, faults: Faults): boolean | undefined {
  const given = env.get(name);
  if (given === undefined) return undefined;
  const value = SWITCH[given.value.toLowerCase()];
  if (value === undefined) {
    faults.add('VALUE_INVALID', given.where, shown(given.value), 'This must be true or false.');
  }
  return value;
}

function readHostUrl(env: Environment, port: number, localMode: boolean, faults: Faults): string {
  const given = env.get('HOST_URL');
  const fallback = `http://localhost:${port}`;
  const hostUrl = given === undefined ? fallback : origin.read(given.value);
  const where = given?.where ?? 'HOST_URL';
  if (hostUrl === undefined) {
    faults.add('VALUE_INVALID', where, withoutUser(given?.value ?? ''), `This must be ${origin.expected}.`);
    return fallback;
  }
  if (hostUrl.startsWith('https:')) return hostUrl;
  const found = given === undefined ? `not set, so ${fallback}` : shown(given.value);
  if (!isLoopback(new URL(hostUrl).hostname)) {
    faults.add(
      'VALUE_INVALID',
      where,
      found,
      'Wallets reach an anchor by https; plain http is for localhost only.',
    );
  } else if (!localMode) {
    const fix =
      'Set it to the https address of this anchor. To try things out on this machine: LOCAL_MODE=true.';
    faults.add(given === undefined ? 'VALUE_MISSING' : 'VALUE_INVALID', where, found, fix);
  }
  return hostUrl;
}

const isSafe = (url: string): boolean => url.startsWith('https:') || isLoopback(new URL(url).hostname);

/** `localhost` and its subdomains, 127.0.0.0/8 and ::1, as the URL parser writes them */
export function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127\.\d+\.\d+\.\d+$/.test(hostname)
  );
}
