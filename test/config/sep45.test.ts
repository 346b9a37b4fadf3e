import { describe, expect, it } from 'vitest';
import { faultList, faultsOf, load } from './project-folder.ts';

const CONTRACT = 'CBMCRHQ7OLPBBINUAMUKV276NKXLQEQGHAF2O2JWIIWSDAVKCOW3U6VO';
const toml = (sep45: string, seps = '[1, 10, 24, 45]') => ({
  'anchor.toml': `seps = ${seps}\n[sep45]\n${sep45}\n`,
});

describe('sep45', () => {
  it('is off unless it is switched on, whatever is set', async () => {
    expect((await load()).sep45).toBeUndefined();
    const off = toml(`contract = "${CONTRACT}"\nrpc_url = "https://rpc.example"`, '[1, 10, 24]');
    expect((await load(off)).sep45).toBeUndefined();
  });

  it('needs contract and RPC server, each named where it is missing', async () => {
    expect(await faultList({ 'anchor.toml': 'seps = [1, 10, 45]' })).toEqual([
      'VALUE_MISSING anchor.toml: sep45.contract',
      'VALUE_MISSING anchor.toml: sep45.rpc_url',
    ]);
    expect(await faultList(toml(`contract = "${CONTRACT}"`))).toEqual([
      'VALUE_MISSING anchor.toml: sep45.rpc_url',
    ]);
    expect(await faultList(toml('rpc_url = "https://rpc.example"'))).toEqual([
      'VALUE_MISSING anchor.toml: sep45.contract',
    ]);
    expect(await faultList({ 'anchor.toml': 'seps = [45]' })).toContain('VALUES_CONFLICT anchor.toml: seps');
  });

  it('reads both, the environment first', async () => {
    const both = toml(`contract = "${CONTRACT}"\nrpc_url = "https://rpc.example/a"`);
    expect((await load(both)).sep45).toEqual({ contract: CONTRACT, rpcUrl: 'https://rpc.example/a' });
    expect((await load(both, { RPC_URI: 'https://other.example' })).sep45?.rpcUrl).toBe(
      'https://other.example',
    );
    const alone = toml(`contract = "${CONTRACT}"`);
    expect((await load(alone, { RPC_URI: 'http://localhost:8003' })).sep45?.rpcUrl).toBe(
      'http://localhost:8003',
    );
  });

  it.each(['GA7JFA6EGUUKTDZ4PAPOEJUWFNVHKI267WW6BU5N7AKEHMDKNHQWLF2B', CONTRACT.slice(1), 'C', ''])(
    'refuses as contract: %s',
    async (contract) => {
      const faults = await faultList(toml(`contract = "${contract}"\nrpc_url = "https://rpc.example"`));
      expect(faults).toContain('VALUE_INVALID anchor.toml: sep45.contract');
    },
  );

  it('wants https on the public network, and does not show the address', async () => {
    const { faults, text } = await faultsOf(toml(`contract = "${CONTRACT}"`), {
      STELLAR_NETWORK: 'public',
      RPC_URI: 'http://rpc.example/a-key-of-ours',
    });
    expect(faults).toContainEqual(
      expect.objectContaining({ code: 'VALUE_INVALID', where: 'environment: RPC_URI' }),
    );
    expect(text).not.toContain('a-key-of-ours');
  });
});
