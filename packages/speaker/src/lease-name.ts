/**
 * The name of the Lease of an address. Names of Leases may hold neither colons nor a dash at the end, so `2001:db8::` gets the
 * zero back that its text leaves out.
 */
export function leaseNameFor(address: string): string {
  return `${LEASE_NAME_START}${address.replaceAll(/[.:]/g, '-')}`.replace(/-$/, '-0');
}

/** What the names of all Leases of addresses begin with. */
export const LEASE_NAME_START = 'picluster-l2-';
