import { writeAddress, writePrefix } from './address.ts';
import type { Address, Prefix } from './path-attribute.ts';

const UINT32_MAX = 0xffff_ffff;

/**
 * Writes a message into a buffer of the largest size. What is written behind its end is lost, and only counted: `take` refuses it then, so that no
 * writer of a field needs to look.
 */
export class Writer {
  readonly bytes: Uint8Array;
  at = 0;

  constructor(length: number) {
    this.bytes = new Uint8Array(length);
  }

  uint8(value: number): void {
    this.#check(value, 0xff);
    this.bytes[this.at++] = value;
  }

  uint16(value: number): void {
    this.#check(value, 0xffff);
    this.bytes[this.at++] = value >>> 8;
    this.bytes[this.at++] = value;
  }

  uint32(value: number): void {
    this.#check(value, UINT32_MAX);
    this.bytes[this.at++] = value >>> 24;
    this.bytes[this.at++] = value >>> 16;
    this.bytes[this.at++] = value >>> 8;
    this.bytes[this.at++] = value;
  }

  raw(bytes: Uint8Array): void {
    if (this.at + bytes.length <= this.bytes.length) this.bytes.set(bytes, this.at);
    this.at += bytes.length;
  }

  /** An address in its 4 or 16 bytes. */
  address(address: Address): void {
    this.at += writeAddress(this.bytes, this.at, address);
  }

  /** An address that must be IPv4: a BGP identifier, a NEXT_HOP. */
  ipv4(address: Address): void {
    if (address.includes(':')) throw new RangeError(`not an IPv4 address: ${address}`);
    this.address(address);
  }

  prefix(prefix: Prefix, ipv6: boolean): void {
    this.at += writePrefix(this.bytes, this.at, prefix, ipv6);
  }

  /** Writes how far `at` has come since the two bytes at `from`, into these. */
  closeUint16(from: number): void {
    const length = this.at - from - 2;
    this.bytes[from] = length >>> 8;
    this.bytes[from + 1] = length;
  }

  /** As {@link closeUint16}, of one byte. */
  closeUint8(from: number): void {
    this.#check(this.at - from - 1, 0xff);
    this.bytes[from] = this.at - from - 1;
  }

  /** What was written, as bytes of its own; empty for the next. `RangeError` where it is more than `lengthMax`. */
  take(lengthMax: number): Uint8Array {
    const length = this.at;
    this.at = 0;
    if (length > lengthMax) {
      throw new RangeError(`a message may have ${lengthMax} bytes, this one has ${length}`);
    }
    return this.bytes.slice(0, length);
  }

  /** A field that does not fit is a mistake of the caller. */
  #check(value: number, max: number): void {
    if (!(value >= 0 && value <= max)) {
      throw new RangeError(`${value} does not fit into a field of 0 to ${max}`);
    }
  }
}
