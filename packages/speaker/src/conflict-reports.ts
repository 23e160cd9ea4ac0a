/** What the reports work with. */
export interface ConflictReportsDeps {
  readonly clock: { nowMs(): number };
  readonly log: { warn(message: string, fields?: Record<string, unknown>): void };
  /** Writes a warning on every Service that has the address. */
  readonly warn: (address: string, reason: string, message: string) => void;
  readonly counted: (address: string, interfaceName: string) => void;
}

/** The same conflict is told again after this time. */
export const CONFLICT_AGAIN_MS = 60_000;

/** Tells people, not too often, that a machine that is no speaker uses an address of the cluster. */
export class ConflictReports {
  readonly #deps: ConflictReportsDeps;
  readonly #toldMs = new Map<string, number>();

  constructor(deps: ConflictReportsDeps) {
    this.#deps = deps;
  }

  /** A foreign machine answered for the address, or claimed it. */
  add(address: string, interfaceName: string, mac: string): void {
    const { clock, log, warn, counted } = this.#deps;
    counted(address, interfaceName);
    const nowMs = clock.nowMs();
    for (const [key, atMs] of this.#toldMs) {
      if (nowMs - atMs >= CONFLICT_AGAIN_MS) this.#toldMs.delete(key);
    }
    const key = `${address} ${mac}`;
    if (this.#toldMs.has(key)) return;
    this.#toldMs.set(key, nowMs);
    log.warn('address in use by another machine', { ip: address, interface: interfaceName, mac });
    warn(
      address,
      'addressConflict',
      `the machine with the hardware address ${mac} uses "${address}" on ${interfaceName}: it is not announced until that machine leaves it`,
    );
  }
}
