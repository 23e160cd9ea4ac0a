// Tar archives that depend on nothing but their entries: sorted, everything owned by root, one time for all of it.

/** One entry of an archive. `path` is absolute, without a slash at its end. */
export type TarEntry = {
  readonly path: string;
  /** Permission bits; absent: 0755 for folders, 0644 for files. */
  readonly mode?: number;
} & (
  | { readonly kind: 'folder' }
  | {
      readonly kind: 'file';
      readonly content: Uint8Array;
      /** The value of the attribute `security.capability`; see `fileCapability`. */
      readonly capability?: Uint8Array;
    }
);

/** Seconds since 1970 of everything in an archive: a time of day would make each build another one. */
const MODIFIED_S = 0;

const BLOCK_BYTES = 512;
const NAME_BYTES_MAX = 100;
const TYPE = { file: '0', folder: '5', extended: 'x' } as const;

/** The archive (POSIX ustar, with pax headers for attributes). Folders above an entry are added where they are not given. */
export function writeTar(entries: readonly TarEntry[]): Uint8Array {
  const all = withFolders(entries);
  return Buffer.concat([...all.flatMap(blocksOf), Buffer.alloc(2 * BLOCK_BYTES)]);
}

/** A file with text in it. */
export function textFile(path: string, text: string): TarEntry {
  return { kind: 'file', path, content: Buffer.from(text) };
}

const CAP_NET_RAW = 13;
const VFS_CAP_REVISION_2 = 0x0200_0000;

/**
 * The attribute `security.capability` that permits NET_RAW (linux/capability.h, `struct vfs_cap_data`), without the flag "effective": with it,
 * the kernel refuses to start the program at all where NET_RAW is out of reach.
 */
export function permitNetRaw(): Uint8Array {
  const value = Buffer.alloc(20);
  value.writeUInt32LE(VFS_CAP_REVISION_2, 0);
  value.writeUInt32LE(1 << CAP_NET_RAW, 4);
  return value;
}

function withFolders(entries: readonly TarEntry[]): TarEntry[] {
  const all = new Map<string, TarEntry>();
  for (const entry of entries) {
    if (all.has(entry.path)) throw new Error(`${entry.path} is there twice`);
    all.set(entry.path, entry);
  }
  for (const { path } of entries) {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const folder = path.slice(0, end);
      if (!all.has(folder)) all.set(folder, { kind: 'folder', path: folder });
    }
  }
  return [...all.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function blocksOf(entry: TarEntry): Uint8Array[] {
  const name = entry.path.slice(1) + (entry.kind === 'folder' ? '/' : '');
  if (entry.kind === 'folder') return [header(name, entry.mode ?? 0o755, 0, TYPE.folder)];
  const { content, capability } = entry;
  const attributes =
    capability === undefined ? [] : attributeBlocks('security.capability', capability);
  return [
    ...attributes,
    header(name, entry.mode ?? 0o644, content.length, TYPE.file),
    ...padded(content),
  ];
}

function attributeBlocks(attribute: string, value: Uint8Array): Uint8Array[] {
  const record = paxRecord(`SCHILY.xattr.${attribute}`, value);
  return [header('pax', 0o644, record.length, TYPE.extended), ...padded(record)];
}

/** `<length> <key>=<value>\n`, where the length counts its own digits. */
function paxRecord(key: string, value: Uint8Array): Uint8Array {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), value, Buffer.from('\n')]);
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length)
    length = String(length).length + rest.length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

function padded(content: Uint8Array): Uint8Array[] {
  return [content, Buffer.alloc(-content.length & (BLOCK_BYTES - 1))];
}

function header(name: string, mode: number, size: number, type: string): Uint8Array {
  if (Buffer.byteLength(name) > NAME_BYTES_MAX) throw new Error(`${name} is too long for a header`);
  const block = Buffer.alloc(BLOCK_BYTES);
  const octal = (value: number, offset: number, digits: number): number =>
    block.write(value.toString(8).padStart(digits, '0'), offset);
  block.write(name, 0);
  octal(mode, 100, 7);
  octal(0, 108, 7);
  octal(0, 116, 7);
  octal(size, 124, 11);
  octal(MODIFIED_S, 136, 11);
  block.fill(' ', 148, 156);
  block.write(type, 156);
  block.write('ustar\x0000', 257, 'latin1');
  octal(
    block.reduce((sum, byte) => sum + byte, 0),
    148,
    6,
  );
  block[154] = 0;
  return block;
}
