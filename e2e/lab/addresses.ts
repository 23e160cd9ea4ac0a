/** Addresses of the lab. They exist only inside its namespaces. */

/** Where a machine is on the LAN. */
export interface LanHost {
  readonly ipv4: string;
  readonly ipv6: string;
  readonly mac: string;
}

/** A node: its place on the LAN, and its pods' networks. */
export interface NodeAddresses extends LanHost {
  readonly name: string;
  readonly podCidr4: string;
  readonly podCidr6: string;
  readonly gateway4: string;
  readonly gateway6: string;
  readonly pod4: string;
  readonly pod6: string;
}

/** Ranges on the LAN that nothing of the lab uses: for pools. */
export const POOL_RANGES = {
  ipv4: '192.168.77.100-192.168.77.150',
  ipv6: 'fd77::1:0-fd77::1:ff',
} as const;

/** All pods, for kube-proxy. */
export const POD_CIDRS = '10.244.0.0/16,fd44::/16';

export const CLIENT: LanHost = lanHost(200);
export const CONTROL_PLANE: LanHost = lanHost(10);
/** The test itself, where it joins the LAN. */
export const TEST_ON_LAN: LanHost = lanHost(9);

/** A link only between the test's own namespace and the control plane, so that tests see it whatever happens on the LAN. */
export const MANAGEMENT = {
  test: '192.168.76.1',
  controlPlane: '192.168.76.2',
  prefix: 30,
} as const;

function lanHost(number: number): LanHost {
  const hex = number.toString(16).padStart(2, '0');
  return { ipv4: `192.168.77.${number}`, ipv6: `fd77::${hex}`, mac: `02:00:00:77:00:${hex}` };
}

/** Node `n<index>`, counted from 1. */
export function nodeAddresses(index: number): NodeAddresses {
  return {
    name: `n${index}`,
    ...lanHost(10 + index),
    podCidr4: `10.244.${index}.0/24`,
    podCidr6: `fd44:${index}::/64`,
    gateway4: `10.244.${index}.1`,
    gateway6: `fd44:${index}::1`,
    pod4: `10.244.${index}.2`,
    pod6: `fd44:${index}::2`,
  };
}
