import {
  ARP_OPERATION,
  BROADCAST_MAC,
  encodeArp,
  encodeEthernet,
  ETHERTYPE,
  parseAddress,
} from '@picluster/arp-responder';

/** Who is on the segment of an interface, as far as this machine knows. Addresses as text; ARP asks for those of IPv4. */
export interface Neighbourhood {
  /** This machine's own address there, if it has one. */
  readonly own: string | undefined;
  /** Asked each time: they are there if anyone is. */
  readonly gateways: readonly string[];
  /** Asked in turns. */
  readonly others: readonly string[];
}

/** What a solicitor works with. */
export interface SolicitorDeps {
  readonly port: { readonly mac: Uint8Array; send(frame: Uint8Array): unknown };
  readonly clock: { nowMs(): number };
  /** Looks the neighbourhood up. */
  readonly look: () => Neighbourhood;
}

/** How long what was looked up is used. */
const LOOK_AGAIN_MS = 1000;
/** Without a gateway: those that do not answer, as nodes that are cut off, must not take the turns of the one that does. */
const OTHERS_AT_ONCE = 3;
const NOBODY: Neighbourhood = { own: undefined, gateways: [], others: [] };
const ANY_ADDRESS = '0.0.0.0';

/**
 * Asks machines of a segment for their hardware address, by ARP: any reply shows that this machine still sends and hears. Each call asks the
 * gateways and one other, or three others where no gateway is known.
 */
export class Solicitor {
  readonly #deps: SolicitorDeps;
  #neighbourhood = NOBODY;
  #lookedMs = -Infinity;
  #turn = 0;

  constructor(deps: SolicitorDeps) {
    this.#deps = deps;
  }

  ask(): void {
    const { clock, look, port } = this.#deps;
    const nowMs = clock.nowMs();
    if (nowMs - this.#lookedMs >= LOOK_AGAIN_MS) {
      const found = look();
      // What ARP cannot ask for would waste a turn, and with some of them we would be deaf between two answers.
      const others = found.others.filter((address) => parseAddress(address)?.length === 4);
      this.#neighbourhood = { ...found, others };
      this.#lookedMs = nowMs;
    }
    const { own, gateways, others } = this.#neighbourhood;
    const count = Math.min(gateways.length > 0 ? 1 : OTHERS_AT_ONCE, others.length);
    const turn = Array.from({ length: count }, () => others[this.#turn++ % others.length] ?? '');
    const asked = new Set([...gateways, ...turn]);
    for (const address of asked) {
      const frame = question(port.mac, own ?? ANY_ADDRESS, address);
      if (frame !== undefined) port.send(frame);
    }
  }
}

function question(mac: Uint8Array, own: string, address: string): Uint8Array | undefined {
  const [sender, target] = [parseAddress(own), parseAddress(address)];
  if (sender?.length !== 4 || target?.length !== 4) return undefined;
  const payload = encodeArp({
    operation: ARP_OPERATION.REQUEST,
    senderMac: mac,
    senderIp: sender,
    targetMac: new Uint8Array(6),
    targetIp: target,
  });
  return encodeEthernet({
    destination: BROADCAST_MAC,
    source: mac,
    etherType: ETHERTYPE.ARP,
    payload,
  });
}
