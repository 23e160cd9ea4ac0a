// Wireshark's dissector as a second opinion: messages go into a capture file, tshark says what it reads in them.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Whether tshark is installed. */
export const hasTshark: boolean = (() => {
  try {
    execFileSync('tshark', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

/** For each message, what tshark reads in each of these fields. */
export function dissect(
  messages: readonly Uint8Array[],
  fields: readonly string[],
): Record<string, string[]>[] {
  const folder = mkdtempSync(path.join(tmpdir(), 'bgp-'));
  try {
    const file = path.join(folder, 'bgp.pcap');
    writeFileSync(file, capture(messages));
    const words = ['-n', '-r', file, '-T', 'fields', '-E', 'occurrence=a', '-E', 'aggregator=|'];
    const output = execFileSync('tshark', [...words, ...fields.flatMap((field) => ['-e', field])], {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return output
      .split('\n')
      .slice(0, messages.length)
      .map((line) => {
        const columns = line.split('\t').map((column) => (column === '' ? [] : column.split('|')));
        return Object.fromEntries(fields.map((field, at) => [field, columns[at] ?? []]));
      });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const IP_AND_TCP = 40;

/** A capture of one TCP connection from port 179, a segment for each message. */
function capture(messages: readonly Uint8Array[]): Buffer {
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0); // pcap
  head.writeUInt16LE(2, 4); // version 2.4
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(0x4_0000, 16); // largest packet
  head.writeUInt32LE(101, 20); // raw IP
  let sequence = 1;
  const records = messages.flatMap((message) => {
    const record = Buffer.alloc(16 + IP_AND_TCP);
    record.writeUInt32LE(IP_AND_TCP + message.length, 8); // bytes captured
    record.writeUInt32LE(IP_AND_TCP + message.length, 12); // bytes there were
    record[16] = 0x45; // IPv4, 20 bytes
    record.writeUInt16BE(IP_AND_TCP + message.length, 18);
    record[24] = 64; // TTL
    record[25] = 6; // TCP
    record.set([192, 0, 2, 1, 192, 0, 2, 2], 28);
    record.writeUInt16BE(179, 36);
    record.writeUInt16BE(40_000, 38);
    record.writeUInt32BE(sequence, 40);
    record[48] = 0x50; // 20 bytes of TCP
    record[49] = 0x18; // PSH, ACK
    record.writeUInt16BE(0xffff, 50); // window
    sequence += message.length;
    return [record, message];
  });
  return Buffer.concat([head, ...records]);
}
