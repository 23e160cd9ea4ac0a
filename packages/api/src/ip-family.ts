/** IPv4 or IPv6. */
export type IpFamily = 'ipv4' | 'ipv6';

const BYTE = '(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])';
const IPV4 = new RegExp(`^${BYTE}([.]${BYTE}){3}$`);

/** The family of an address that is written out; `undefined` where it is none, or has a zone (`fe80::1%eth0`). */
export function ipFamilyOf(text: string): IpFamily | undefined {
  if (IPV4.test(text)) return 'ipv4';
  // An IPv6 address is what may stand in brackets in a URL, whose parser every runtime has.
  const isIpv6 = /^[0-9A-Fa-f:.]+$/.test(text) && URL.canParse(`http://[${text}]/`);
  return isIpv6 ? 'ipv6' : undefined;
}
