import { formatAddress, parseAddress } from '@picluster/arp-responder';

/**
 * The name of the Lease of an address. Names of Leases may hold neither colons nor a dash at the end, so `2001:db8::` gets the
 * zero back that its text leaves out.
 */
export function leaseNameFor(address: string): string {
  if (!address.includes(':')) return `${LEASE_NAME_START}${address.replaceAll('.', '-')}`;
  return `${LEASE_NAME_START}${address.replaceAll(/[.:]/g, '-')}`.replace(/-$/, '-0');
}

/** The address whose Lease has this name; `undefined`: it is of none. */
export function addressOfLease(name: string): string | undefined {
  if (!name.startsWith(LEASE_NAME_START)) return undefined;
  const text = name.slice(LEASE_NAME_START.length);
  const bytes = parseAddress(text.replaceAll('-', '.')) ?? parseAddress(text.replaceAll('-', ':'));
  return bytes && formatAddress(bytes);
}

/** What the names of all Leases of addresses begin with. */
export const LEASE_NAME_START = 'picluster-l2-';
