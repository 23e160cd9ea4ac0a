import { bfdProfileSchema } from './bfd-profile.ts';
import { bgpAdvertisementSchema } from './bgp-advertisement.ts';
import { bgpPeerSchema } from './bgp-peer.ts';
import { communitySchema } from './community.ts';
import { configurationStateSchema } from './configuration-state.ts';
import { crdManifest, type CrdManifest, type PrinterColumn } from './crd.ts';
import { ipAddressPoolSchema } from './ip-address-pool.ts';
import { l2AdvertisementSchema } from './l2-advertisement.ts';
import {
  BFDProfileResource,
  BGPAdvertisementResource,
  BGPPeerResource,
  CommunityResource,
  ConfigurationStateResource,
  IPAddressPoolResource,
  L2AdvertisementResource,
  ServiceBGPStatusResource,
  ServiceL2StatusResource,
} from './resource.ts';
import { serviceBGPStatusSchema } from './service-bgp-status.ts';
import { serviceL2StatusSchema } from './service-l2-status.ts';

/** All our CustomResourceDefinitions. `deploy/crds` has them as YAML. */
export const crdManifests: readonly CrdManifest[] = [
  crdManifest(BFDProfileResource, bfdProfileSchema, [
    {
      name: 'Passive Mode',
      type: 'boolean',
      jsonPath: '.spec.passiveMode',
      description: 'Whether the peer has to begin.',
    },
    {
      name: 'Transmit Interval',
      type: 'integer',
      jsonPath: '.spec.transmitInterval',
      description: 'Milliseconds between two packets of ours.',
    },
    {
      name: 'Receive Interval',
      type: 'integer',
      jsonPath: '.spec.receiveInterval',
      description: 'Milliseconds between two packets of the peer.',
    },
    {
      name: 'Multiplier',
      type: 'integer',
      jsonPath: '.spec.detectMultiplier',
      description: 'Missed packets after which a side is gone.',
    },
  ]),
  crdManifest(BGPAdvertisementResource, bgpAdvertisementSchema, [
    {
      name: 'IPAddressPools',
      type: 'string',
      jsonPath: '.spec.ipAddressPools',
      description: 'Pools that are announced, by name.',
    },
    {
      name: 'IPAddressPool Selectors',
      type: 'string',
      jsonPath: '.spec.ipAddressPoolSelectors',
      description: 'Pools that are announced, by label.',
    },
    {
      name: 'Peers',
      type: 'string',
      jsonPath: '.spec.peers',
      description: 'Peers that are told.',
    },
    {
      name: 'Node Selectors',
      type: 'string',
      jsonPath: '.spec.nodeSelectors',
      description: 'Nodes that announce.',
      priority: 10,
    },
  ]),
  crdManifest(
    BGPPeerResource,
    bgpPeerSchema,
    [
      {
        name: 'Address',
        type: 'string',
        jsonPath: '.spec.peerAddress',
        description: 'Address of the peer.',
      },
      {
        name: 'ASN',
        type: 'string',
        jsonPath: '.spec.peerASN',
        description: 'AS number of the peer.',
      },
      {
        name: 'BFD Profile',
        type: 'string',
        jsonPath: '.spec.bfdProfile',
        description: 'The BFDProfile by which the session is watched.',
      },
      {
        name: 'Multi Hops',
        type: 'string',
        jsonPath: '.spec.ebgpMultiHop',
        description: 'Whether an external peer may be several hops away.',
      },
    ],
    [{ version: 'v1beta1', warning: 'v1beta1 is deprecated, please use v1beta2' }],
  ),
  crdManifest(CommunityResource, communitySchema, []),
  crdManifest(ConfigurationStateResource, configurationStateSchema, [
    {
      name: 'Result',
      type: 'string',
      jsonPath: '.status.result',
      description: 'Whether the configuration is in force as it is written.',
    },
    {
      name: 'ErrorSummary',
      type: 'string',
      jsonPath: '.status.errorSummary',
      description: 'What is wrong with it.',
    },
    {
      name: 'Age',
      type: 'date',
      jsonPath: '.metadata.creationTimestamp',
      description: 'How long the object has been there.',
    },
  ]),
  crdManifest(IPAddressPoolResource, ipAddressPoolSchema, [
    {
      name: 'Auto Assign',
      type: 'boolean',
      jsonPath: '.spec.autoAssign',
      description: 'Whether Services get these addresses without asking.',
    },
    {
      name: 'Avoid Buggy IPs',
      type: 'boolean',
      jsonPath: '.spec.avoidBuggyIPs',
      description: 'Whether addresses that end in .0 and .255 are left out.',
    },
    {
      name: 'Addresses',
      type: 'string',
      jsonPath: '.spec.addresses',
      description: 'CIDRs and ranges.',
    },
  ]),
  crdManifest(L2AdvertisementResource, l2AdvertisementSchema, [
    {
      name: 'IPAddressPools',
      type: 'string',
      jsonPath: '.spec.ipAddressPools',
      description: 'Pools that are announced, by name.',
    },
    {
      name: 'IPAddressPool Selectors',
      type: 'string',
      jsonPath: '.spec.ipAddressPoolSelectors',
      description: 'Pools that are announced, by label.',
    },
    {
      name: 'Interfaces',
      type: 'string',
      jsonPath: '.spec.interfaces',
      description: 'Interfaces announced on.',
    },
    {
      name: 'Node Selectors',
      type: 'string',
      jsonPath: '.spec.nodeSelectors',
      description: 'Nodes that may announce.',
      priority: 10,
    },
  ]),
  crdManifest(ServiceBGPStatusResource, serviceBGPStatusSchema, announcementColumns('Node')),
  crdManifest(
    ServiceL2StatusResource,
    serviceL2StatusSchema,
    announcementColumns('Allocated Node'),
  ),
];

/** What is printed of a status of a Service, whichever protocol announces it. */
function announcementColumns(nodeColumn: string): PrinterColumn[] {
  return [
    {
      name: nodeColumn,
      type: 'string',
      jsonPath: '.status.node',
      description: 'The Node that announces.',
    },
    {
      name: 'Service Name',
      type: 'string',
      jsonPath: '.status.serviceName',
      description: 'The Service that is announced.',
    },
    {
      name: 'Service Namespace',
      type: 'string',
      jsonPath: '.status.serviceNamespace',
      description: 'The namespace of that Service.',
    },
  ];
}
