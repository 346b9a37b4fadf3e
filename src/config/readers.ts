import { parseAmount } from '../kernel/amounts.ts';
import { isAssetCode } from '../kernel/assets.ts';
import { isAccount, isContract } from '../kernel/strkey.ts';

/** How a value of anchor.toml is understood. `read` answers undefined for a value that is none. */
export interface Reader<T> {
  /** ends the sentence "This must be …" */
  expected: string;
  read(value: unknown): T | undefined;
}

const CONTROL = /[\u0000-\u001f\u007f]/;

const matching = (expected: string, test: (text: string) => boolean): Reader<string> => ({
  expected,
  read: (value) =>
    typeof value === 'string' && value.length <= 1000 && !CONTROL.test(value) && test(value)
      ? value
      : undefined,
});

export const text: Reader<string> = matching(
  'a text of 1 to 1000 characters',
  (value) => value.trim() !== '',
);

/** a way by which money is delivered outside of Stellar, as SEP-6 and SEP-31 name it */
export const fundingMethod: Reader<string> = matching(
  'a name such as SEPA or bank_account: letters, digits, _ and -, at most 50',
  (value) => /^[A-Za-z0-9_-]{1,50}$/.test(value),
);

export const flag: Reader<boolean> = {
  expected: 'true or false',
  read: (value) => (typeof value === 'boolean' ? value : undefined),
};

export const number = (min: number, max: number): Reader<number> => ({
  expected: `a number from ${min} to ${max}`,
  read: (value) => (typeof value === 'number' && value >= min && value <= max ? value : undefined),
});

export const wholeNumber = (min: number, max: number): Reader<number> => ({
  expected: `a whole number from ${min} to ${max}`,
  read: (value) => (Number.isSafeInteger(value) ? number(min, max).read(value) : undefined),
});

export const oneOf = <T extends string>(choices: readonly T[]): Reader<T> => ({
  expected: choices.join(', '),
  read: (value) => choices.find((choice) => choice === value),
});

export const listOf = <T>(item: Reader<T>): Reader<readonly T[]> => ({
  expected: `a list, each of it ${item.expected}`,
  read(value) {
    if (!Array.isArray(value)) return undefined;
    const items = value.map((one) => item.read(one));
    const whole = items.every((one): one is Awaited<T> & {} => one !== undefined);
    return whole && new Set(items).size === items.length ? (items as T[]) : undefined;
  },
});

/** a table as it stands; who reads it checks what is in it */
export const table: Reader<Readonly<Record<string, unknown>>> = {
  expected: 'a table',
  read: (value) =>
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
      ? (value as Record<string, unknown>)
      : undefined,
};

/** an http or https address without user, path, query or fragment; answered without a trailing slash */
export const origin: Reader<string> = {
  expected: 'an address such as https://example.com, without path, query or user',
  read(value) {
    const url = parseUrl(value);
    if (url === undefined || url.pathname !== '/' || url.search !== '' || url.hash !== '') return undefined;
    return /[?#]/.test(value as string) ? undefined : url.origin;
  },
};

/** like `origin`, and a path is allowed */
export const address: Reader<string> = {
  expected: 'an http or https address',
  read(value) {
    const url = parseUrl(value);
    return url === undefined || url.hash !== '' ? undefined : url.href.replace(/\/+$/, '');
  },
};

/** one or several of `address`, separated by commas; answered in that form */
export const addresses: Reader<string> = {
  expected: 'an http or https address, or several separated by commas',
  read(value) {
    if (typeof value !== 'string') return undefined;
    const read = value.split(',').map((one) => address.read(one.trim()));
    const all = read.filter((one) => one !== undefined);
    return all.length === read.length && new Set(all).size === all.length ? all.join(',') : undefined;
  },
};

function parseUrl(value: unknown): URL | undefined {
  if (typeof value !== 'string' || !/^https?:\/\//i.test(value) || /\s/.test(value)) return undefined;
  try {
    const url = new URL(value);
    return url.username === '' && url.password === '' && url.hostname !== '' ? url : undefined;
  } catch {
    return undefined;
  }
}

export const email = matching('an e-mail address', (value) => /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value));

export const colour = matching('a colour such as #3e1bdb', (value) => /^#[0-9a-fA-F]{6}$/.test(value));

export const publicFile = matching(
  'a path below public/ such as /logo.svg, or an https address',
  (value) =>
    /^\/(?!\/)[^\s\\]*$/.test(value) || (value.startsWith('https://') && parseUrl(value) !== undefined),
);

/** a host name, with a port where it is not the default one (SEP-10 home domain) */
export const domain = matching('a host name such as example.com', isDomain);

function isDomain(value: string): boolean {
  return /^(?!-)[a-z0-9-]+(\.[a-z0-9-]+)*(:[1-9]\d{0,4})?$/i.test(value) && value.length <= 59;
}

export const assetCode = matching('an asset code of 1 to 12 letters and digits, or native', isAssetCode);

export const account = matching('a Stellar account (G..., never the secret key S...)', isAccount);

export const contract = matching('the address of a contract (C...)', isContract);

/** XLM in stroops */
export const lumens = (min: string, max: string): Reader<bigint> => ({
  expected: `an amount of XLM from ${min} to ${max}, such as "${min}"`,
  read(value) {
    try {
      const units = parseAmount(value);
      return units >= parseAmount(min) && units <= parseAmount(max) ? units : undefined;
    } catch {
      return undefined;
    }
  },
});
