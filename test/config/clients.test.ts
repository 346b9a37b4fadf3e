import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CLIENTS_FILE, callbackUrlOf, clientOf, readClients } from '../../src/config/clients.ts';
import { Faults } from '../../src/config/faults.ts';

const G = 'GA7JFA6EGUUKTDZ4PAPOEJUWFNVHKI267WW6BU5N7AKEHMDKNHQWLF2B';

describe('clients.toml', () => {
  let root: string;
  let faults: Faults;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'clients-'));
    faults = new Faults();
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));
  const read = (text: string) => {
    writeFileSync(join(root, CLIENTS_FILE), text);
    return readClients(root, faults);
  };

  it('is not needed', () => {
    expect(readClients(root, faults)).toEqual([]);
    expect(faults.list).toEqual([]);
  });

  it('names wallets by domain and custodial ones by account, with where they are told of changes (SC-20)', () => {
    const clients = read(`
[[clients]]
name = "wallet"
domains = ["wallet.example.com"]
callback_url = "https://wallet.example.com/all"
callback_url_sep31 = "https://wallet.example.com/payments"

[[clients]]
name = "exchange"
type = "custodial"
accounts = ["${G}"]
`);
    expect(faults.list).toEqual([]);
    const wallet = clientOf({ clients }, 'wallet.example.com', G);
    expect(wallet?.name).toBe('wallet');
    expect(wallet && callbackUrlOf(wallet, '24')).toBe('https://wallet.example.com/all');
    expect(wallet && callbackUrlOf(wallet, '31')).toBe('https://wallet.example.com/payments');
    expect(clientOf({ clients }, null, `${G}:77`)?.name).toBe('exchange');
    expect(clientOf({ clients }, 'other.example.com', 'GB')).toBeUndefined();
  });

  it.each([
    ['unreadable', '[[clients', 'TOML_UNREADABLE'],
    ['an unknown key', '[[clients]]\nname = "a"\ndomain = ["a.com"]\ndomains = ["a.com"]', 'UNKNOWN_KEY'],
    ['another table', '[client]\nname = "a"', 'UNKNOWN_KEY'],
    ['no list', 'clients = 3', 'VALUE_INVALID'],
    [
      'a plain http address',
      '[[clients]]\nname="a"\ndomains=["a.com"]\ncallback_url="http://a.com"',
      'VALUE_INVALID',
    ],
    ['no account of a custodial one', '[[clients]]\nname="a"\ntype="custodial"', 'VALUE_MISSING'],
    ['no name', '[[clients]]\ndomains=["a.com"]', 'VALUE_MISSING'],
    [
      'a domain twice',
      '[[clients]]\nname="a"\ndomains=["a.com"]\n[[clients]]\nname="b"\ndomains=["a.com"]',
      'VALUES_CONFLICT',
    ],
  ])('tells %s', (_name, text, code) => {
    read(text);
    expect(faults.list.map((fault) => fault.code)).toContain(code);
  });
});
