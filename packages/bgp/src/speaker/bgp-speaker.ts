import { encodeMessage } from '../codec/message-codec.ts';
import { CEASE } from '../codec/notification-codes.ts';
import type { Address } from '../codec/path-attribute.ts';
import { cease } from '../session/notifications.ts';
import type { BgpPeer } from './bgp-peer.ts';
import type { Logger } from './peer-deps.ts';
import type { IncomingConnection } from './transport.ts';

/** The peers of one routing table: knows whose an incoming connection is. One for each VRF. */
export class BgpSpeaker {
  readonly #log: Logger | undefined;
  readonly #peers = new Map<Address, BgpPeer>();

  constructor({ log }: { readonly log?: Logger } = {}) {
    this.#log = log;
  }

  /** The peers by their address. */
  get peers(): ReadonlyMap<Address, BgpPeer> {
    return this.#peers;
  }

  /** Makes a peer known under the address that it connects from: `fe80::1%eth0` for a link-local one. Another under that address is forgotten, not stopped. */
  add(address: Address, peer: BgpPeer): void {
    this.#peers.set(address, peer);
  }

  /** Forgets a peer; it goes on. */
  remove(address: Address): void {
    this.#peers.delete(address);
  }

  /** Somebody has connected: hands it to its peer, or refuses a stranger (RFC 4486, Connection Rejected). */
  accept(connection: IncomingConnection): void {
    const { remoteAddress } = connection;
    const peer = remoteAddress === undefined ? undefined : this.#peers.get(remoteAddress);
    if (peer !== undefined) {
      peer.accept(connection);
      return;
    }
    this.#log?.info('bgp connection of a stranger', { remoteAddress });
    connection.send(encodeMessage(cease(CEASE.CONNECTION_REJECTED)));
    connection.close();
  }
}
