import { selectsLabels } from './advertisement-fields.ts';
import type { BGPProblem, BGPProblemCode } from './bgp-problem.ts';
import type { Labels, LabelSelector } from './label-selector.ts';

/** The type that a Secret with a password must have. */
export const PASSWORD_SECRET_TYPE = 'kubernetes.io/basic-auth' as const;

/** What has to be known of a BGPPeer to find it among the others. */
export interface PeerFacts {
  readonly name: string;
  /** RFC 3339; of two that cannot both be, the older one stays. */
  readonly createdAt?: string;
  readonly address: string | undefined;
  /** Where there is no address: whoever is at the other end of this interface. */
  readonly interface: string | undefined;
  readonly port: number;
  readonly vrf: string | undefined;
  /** None: all Nodes. */
  readonly nodeSelectors: readonly LabelSelector[];
  readonly password: string | undefined;
  /** Name of the Secret with the password. */
  readonly passwordSecret: string | undefined;
  /** Name of the BFDProfile. */
  readonly bfdProfile: string | undefined;
}

/** What has to be known of a Secret. */
export interface SecretFacts {
  readonly type: string;
  /** What its key `password` holds, decoded; `undefined`: it has none. */
  readonly password: string | undefined;
}

/** What peers refer to. */
export interface PeerSurroundings<Profile> {
  /** The labels of the Node that is to have the sessions. */
  readonly labels: Labels;
  /** Where peers and Secrets are. */
  readonly namespace: string;
  readonly profile: (name: string) => Profile | undefined;
  readonly secret: (name: string) => SecretFacts | undefined;
}

/** A BGPPeer with all that it refers to. */
export interface ResolvedPeer<Peer, Profile> {
  readonly peer: Peer;
  /** `undefined`: the session is not watched by BFD. */
  readonly profile: Profile | undefined;
  /** `undefined`: the session is not signed. */
  readonly password: string | undefined;
}

/** The peers of one Node, by name, and what is wrong with others. */
export interface ResolvedPeers<Peer, Profile> {
  readonly peers: readonly ResolvedPeer<Peer, Profile>[];
  readonly problems: readonly BGPProblem[];
}

/**
 * The BGPPeers that a Node has sessions with, each with its profile and its password. One that refers to what is not there has no session: without its password a router would not
 * listen, and without BFD it would be trusted for longer than somebody wished. Of two for one router the older one stays. The others go on.
 */
export function resolvePeers<Peer extends PeerFacts, Profile>(
  all: Iterable<Peer>,
  surroundings: PeerSurroundings<Profile>,
): ResolvedPeers<Peer, Profile> {
  const peers: ResolvedPeer<Peer, Profile>[] = [];
  const problems: BGPProblem[] = [];
  const routers = new Set<string>();
  for (const peer of ofNode(all, surroundings.labels)) {
    const router = JSON.stringify([peer.address ?? peer.interface, peer.port, peer.vrf ?? '']);
    const resolved = routers.has(router) ? duplicate(peer) : resolve(peer, surroundings);
    if ('code' in resolved) {
      problems.push({ kind: 'BGPPeer', name: peer.name, ...resolved });
      continue;
    }
    routers.add(router);
    peers.push(resolved);
  }
  return {
    peers: peers.sort((one, other) => (one.peer.name < other.peer.name ? -1 : 1)),
    problems: problems.sort((one, other) => (one.name < other.name ? -1 : 1)),
  };
}

interface Complaint {
  readonly code: BGPProblemCode;
  readonly message: string;
}

/** The older ones first. */
function ofNode<Peer extends PeerFacts>(all: Iterable<Peer>, labels: Labels): Peer[] {
  const age = ({ createdAt = '', name }: Peer): string => `${createdAt} ${name}`;
  return [...all]
    .filter(({ nodeSelectors }) => selectsLabels(nodeSelectors, labels))
    .sort((one, other) => (age(one) < age(other) ? -1 : 1));
}

function duplicate({ address, interface: link }: PeerFacts): Complaint {
  const message = `peer ${address ?? link} already exists, duplicate BGPPeers selecting the same node are not supported`;
  return { code: 'peer-duplicate', message };
}

function resolve<Peer extends PeerFacts, Profile>(
  peer: Peer,
  surroundings: PeerSurroundings<Profile>,
): ResolvedPeer<Peer, Profile> | Complaint {
  const { name, bfdProfile } = peer;
  const password = passwordOf(peer, surroundings);
  if (password !== undefined && 'code' in password) return password;
  const profile = bfdProfile === undefined ? undefined : surroundings.profile(bfdProfile);
  if (bfdProfile !== undefined && profile === undefined) {
    const message = `peer ${name} referencing non existing bfd profile ${bfdProfile}`;
    return { code: 'bfd-profile-missing', message };
  }
  return { peer, profile, password: password?.text };
}

function passwordOf(
  { name, password, passwordSecret }: PeerFacts,
  { namespace, secret }: PeerSurroundings<unknown>,
): { readonly text: string } | Complaint | undefined {
  if (passwordSecret === undefined) return password === undefined ? undefined : { text: password };
  const found = secret(passwordSecret);
  const which = `"${namespace}"/"${passwordSecret}"`;
  // MetalLB's words end before `more`.
  const complaint = (code: BGPProblemCode, what: string, more: string = ''): Complaint => ({
    code,
    message: `parsing peer ${name} ${what}\nfailed to parse peer ${name} password secret${more}`,
  });
  if (found === undefined) {
    return complaint(
      'secret-missing',
      `secret ref not found for peer config "${namespace}"/"${name}"`,
      `: there is no Secret ${which}`,
    );
  }
  if (found.type !== PASSWORD_SECRET_TYPE) {
    const expected = `type "${PASSWORD_SECRET_TYPE}" is expected `;
    const has = `: its type is "${found.type}"`;
    return complaint('secret-type', `secret type mismatch on ${which}, ${expected}`, has);
  }
  if (found.password === undefined || found.password === '') {
    return complaint('secret-empty', `password not specified in the secret ${which}`);
  }
  return { text: found.password };
}
