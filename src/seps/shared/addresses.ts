import { BlockList, isIP } from 'node:net';

/** IPv4 that is not global unicast (IANA special-purpose registry): private, shared, loopback, link-local, test, multicast. */
const DENIED_V4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];

/**
 * Of IPv6 only 2000::/3 is handed out for global unicast; within it these are not, or wrap an IPv4 address (Teredo, 6to4).
 * Mapped, translated (NAT64), unique-local and link-local addresses are all outside of 2000::/3.
 */
const GLOBAL_V6 = '2000::/3';
const DENIED_V6 = ['2001::/23', '2001:db8::/32', '2002::/16', '2620:4f:8000::/48', '3fff::/20'];

const denied = new BlockList();
for (const range of DENIED_V4) addRange(denied, range, 'ipv4');
for (const range of DENIED_V6) addRange(denied, range, 'ipv6');
const globalV6 = new BlockList();
addRange(globalV6, GLOBAL_V6, 'ipv6');
const loopback = new BlockList();
addRange(loopback, '127.0.0.0/8', 'ipv4');
addRange(loopback, '::1/128', 'ipv6');

function addRange(list: BlockList, range: string, family: 'ipv4' | 'ipv6'): void {
  const [net = '', bits = ''] = range.split('/');
  list.addSubnet(net, Number(bits), family);
}

/** Whether a textual address is one of the public internet; false for everything that is not an address. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !denied.check(address, 'ipv4');
  return family === 6 && globalV6.check(address, 'ipv6') && !denied.check(address, 'ipv6');
}

export function isLoopbackAddress(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && loopback.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

/** `localhost`, or a loopback address as it stands in a URL. */
export function isLoopbackHost(hostname: string): boolean {
  return hostname === 'localhost' || isLoopbackAddress(hostname.replace(/^\[|\]$/g, ''));
}
