import { isIPv6 } from 'node:net';

/** An IPv4 address within IPv6, as a socket of both kinds shows it. */
const MAPPED = /^::ffff:(?=\d+\.)/i;

/** How many of the eight groups of an IPv6 address name a network: /64, of which providers give one or more to a customer. */
const NETWORK_GROUPS = 4;

/** Whom requests from an address are counted for: the address, for IPv6 its network, in which a machine may use any address. */
export function subjectOf(address: string): string {
  const plain = address.replace(MAPPED, '');
  if (!isIPv6(plain)) return plain;
  const [head = '', tail] = plain.replace(/%.*/, '').split('::');
  const groups = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  while (tail !== undefined && groups.length + after.length < 8) groups.push('0');
  const network = [...groups, ...after].slice(0, NETWORK_GROUPS).map((group) => parseInt(group, 16).toString(16));
  return `${network.join(':')}::/64`;
}
