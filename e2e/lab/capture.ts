import type { LabProcess, Processes } from './processes.ts';
import { ensureAsker } from './tools.ts';
import { waitFor } from './wait-for.ts';

/** A frame as it was on the wire, at most its first 256 bytes. */
export interface Captured {
  /** On the clock of `nowMs()`. */
  readonly atMs: number;
  readonly bytes: Uint8Array;
}

const PCAP_MAGIC = 0xa1b2c3d4;
const SNAP_LENGTH = 256;
const LINKTYPE_ETHERNET = 1;

/** A running capture of one interface. */
export class Capture {
  readonly frames: Captured[] = [];
  readonly #process: LabProcess;
  #ready = false;

  private constructor(start: (onLine: (line: string) => void) => LabProcess) {
    this.#process = start((line) => this.#add(line));
  }

  /** Resolves when frames are being captured. It ends by itself at `limitMs`. */
  static async start(
    processes: Processes,
    netns: string,
    device: string,
    limitMs: number,
  ): Promise<Capture> {
    const asker = await ensureAsker();
    const command = [asker, 'capture', device, String(limitMs)] as const;
    const name = `capture-${netns}-${device}`;
    const capture = new Capture((onLine) => processes.start({ name, netns, command, onLine }));
    await waitFor(`${name} to listen`, () => capture.#ready || !capture.#process.running);
    if (!capture.#ready) throw new Error(`${name} ended: ${capture.#process.output(500)}`);
    return capture;
  }

  /** Ends it, and gives the frames. */
  async stop(): Promise<readonly Captured[]> {
    await this.#process.stop();
    return this.frames;
  }

  /** The frames as a pcap file, for Wireshark. Times count from the machine's start. */
  toPcap(): Uint8Array {
    const header = Buffer.alloc(24);
    header.writeUInt32LE(PCAP_MAGIC, 0);
    header.writeUInt16LE(2, 4);
    header.writeUInt16LE(4, 6);
    header.writeUInt32LE(SNAP_LENGTH, 16);
    header.writeUInt32LE(LINKTYPE_ETHERNET, 20);
    const records = this.frames.map(({ atMs, bytes }) => {
      const record = Buffer.alloc(16);
      record.writeUInt32LE(Math.floor(atMs / 1_000), 0);
      record.writeUInt32LE(Math.floor((atMs % 1_000) * 1_000), 4);
      record.writeUInt32LE(bytes.length, 8);
      record.writeUInt32LE(bytes.length, 12);
      return Buffer.concat([record, bytes]);
    });
    return Buffer.concat([header, ...records]);
  }

  #add(line: string): void {
    if (line === 'ready') this.#ready = true;
    const [kind, micros, hex = ''] = line.split(' ');
    if (kind === 'F')
      this.frames.push({ atMs: Number(micros) / 1_000, bytes: Buffer.from(hex, 'hex') });
  }
}
