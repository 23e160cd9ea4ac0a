/** Where a kind stands in the API. All of ours are namespaced and have a status subresource. */
export interface Resource {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
}

/** The API group of all our kinds. */
export const GROUP = 'metallb.io';

/** IPAddressPool: addresses that Services can have. */
export const IPAddressPoolResource: Resource = {
  group: GROUP,
  version: 'v1beta1',
  kind: 'IPAddressPool',
  plural: 'ipaddresspools',
};

/** L2Advertisement: announces addresses on the local network. */
export const L2AdvertisementResource: Resource = {
  group: GROUP,
  version: 'v1beta1',
  kind: 'L2Advertisement',
  plural: 'l2advertisements',
};

/** BGPPeer: a router that is told. `v1beta1` is served too, with the same schema. */
export const BGPPeerResource: Resource = {
  group: GROUP,
  version: 'v1beta2',
  kind: 'BGPPeer',
  plural: 'bgppeers',
};

/** BGPAdvertisement: announces addresses to routers. */
export const BGPAdvertisementResource: Resource = {
  group: GROUP,
  version: 'v1beta1',
  kind: 'BGPAdvertisement',
  plural: 'bgpadvertisements',
};

/** BFDProfile: how sessions with routers are watched. */
export const BFDProfileResource: Resource = {
  group: GROUP,
  version: 'v1beta1',
  kind: 'BFDProfile',
  plural: 'bfdprofiles',
};

/** Community: names for communities. */
export const CommunityResource: Resource = {
  group: GROUP,
  version: 'v1beta1',
  kind: 'Community',
  plural: 'communities',
};

/** ServiceBGPStatus: which Node announces a Service to which routers. */
export const ServiceBGPStatusResource: Resource = {
  group: GROUP,
  version: 'v1beta1',
  kind: 'ServiceBGPStatus',
  plural: 'servicebgpstatuses',
};

/** ConfigurationState: what a component says of its configuration. */
export const ConfigurationStateResource: Resource = {
  group: GROUP,
  version: 'v1beta1',
  kind: 'ConfigurationState',
  plural: 'configurationstates',
};

/** ServiceL2Status: which Node announces a Service. */
export const ServiceL2StatusResource: Resource = {
  group: GROUP,
  version: 'v1beta1',
  kind: 'ServiceL2Status',
  plural: 'servicel2statuses',
};

/** `metallb.io/v1beta1`, as it stands in `apiVersion`. */
export function apiVersionOf({ group, version }: Resource): string {
  return `${group}/${version}`;
}
