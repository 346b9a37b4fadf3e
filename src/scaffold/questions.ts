import {
  type Answers,
  checkAsset,
  checkIssuer,
  checkName,
  checkSeps,
  DEFAULT_SEPS,
  NETWORKS,
  type Network,
  SEPS,
} from './answers.ts';
import { organizationOf } from './names.ts';

/** What flags have answered already. */
export type Given = Partial<Pick<Answers, 'name' | 'network' | 'asset' | 'issuer' | 'seps'>>;
export type Answered = Pick<Answers, 'name' | 'network' | 'asset' | 'issuer' | 'seps'>;

/** Every default, as `--yes` takes them. */
export function defaults(directory: string, given: Given): Answered {
  const network = given.network ?? 'sandbox';
  const issuer = given.issuer ?? null;
  return {
    name: given.name ?? organizationOf(directory),
    network,
    asset: given.asset ?? (network === 'public' && issuer === null ? null : 'SRT'),
    issuer,
    seps: given.seps ?? DEFAULT_SEPS,
  };
}

/** Asks for what the flags left open; Enter takes the default. */
export async function ask(directory: string, given: Given): Promise<Answered> {
  const { checkbox, input, select } = await import('@inquirer/prompts');
  const valid = (check: (text: string) => unknown) => (text: string) => {
    try {
      check(text);
      return true;
    } catch (error) {
      return (error as Error).message;
    }
  };
  const name =
    given.name ??
    checkName(
      await input({
        message: 'Organization',
        default: organizationOf(directory),
        validate: valid(checkName),
      }),
    );
  const network =
    given.network ??
    (await select<Network>({
      message: 'Stellar network',
      choices: NETWORKS.map((value) => ({ value, description: ABOUT[value] })),
      default: 'sandbox',
    }));
  let { asset, issuer } = given;
  if (asset === undefined) {
    asset = checkAsset(await input({ message: 'Asset code', default: 'SRT', validate: valid(checkAsset) }));
  }
  if (issuer === undefined && asset !== null && asset !== 'native') issuer = await askIssuer(network, valid);
  const seps =
    given.seps ??
    checkSeps(
      (
        await checkbox<number>({
          message: 'SEPs',
          choices: SEPS.map((value) => ({
            value,
            name: `SEP-${value}`,
            checked: (DEFAULT_SEPS as readonly number[]).includes(value),
            disabled: value === 1 && '(always on)',
          })),
        })
      ).join(',') || '1',
    );
  const registerLater = network === 'public' && asset !== 'native' && (issuer ?? null) === null;
  return { name, network, asset: registerLater ? null : asset, issuer: issuer ?? null, seps };
}

async function askIssuer(
  network: Network,
  valid: (check: (text: string) => unknown) => (text: string) => true | string,
): Promise<string | null> {
  const { input, select } = await import('@inquirer/prompts');
  const own =
    network === 'public'
      ? { value: 'later' as const, name: 'register it later with `anchor add-asset`' }
      : { value: 'new' as const, name: 'issue it ourselves' };
  const choice = await select({
    message: 'Issuer',
    choices: [own, { value: 'existing' as const, name: 'an existing asset: its issuer is G...' }],
  });
  if (choice !== 'existing') return null;
  return checkIssuer(await input({ message: "Issuer's account", validate: valid(checkIssuer) }));
}

const ABOUT: Record<Network, string> = {
  sandbox: 'a network of your own inside of the anchor: no internet, no money',
  testnet: "Stellar's test network: public, free, reset now and then",
  public: "Stellar's real network: real money",
};
