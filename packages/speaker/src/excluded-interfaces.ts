import { readFileSync } from 'node:fs';
import { load } from 'js-yaml';

/** Where MetalLB's manifests mount the list of patterns. */
export const EXCLUDED_INTERFACES_FILE = '/etc/metallb/excludel2.yaml';

const KEY = 'announcedInterfacesToExclude';

/**
 * Interfaces that belong to containers, tunnels and virtual machines, not to the LAN. The list that MetalLB ships, so that
 * the same interfaces answer.
 */
export const EXCLUDED_INTERFACES: readonly RegExp[] = [
  /^docker.*/u,
  /^cbr.*/u,
  /^dummy.*/u,
  /^virbr.*/u,
  /^lxcbr.*/u,
  /^veth.*/u,
  /^lo$/u,
  /^cali.*/u,
  /^tunl.*/u,
  /^flannel.*/u,
  /^kube-ipvs.*/u,
  /^cni.*/u,
  /^nodelocaldns.*/u,
  /^lxc.*/u,
];

/**
 * The patterns in a file; {@link EXCLUDED_INTERFACES} where there is no such file. Throws an Error that names the file and each pattern
 * that is wrong.
 */
export function readExcludedInterfaces(file: string): readonly RegExp[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return EXCLUDED_INTERFACES;
    throw new Error(`cannot read ${file}: ${(error as Error).message}`, { cause: error });
  }
  try {
    return parseExcludedInterfaces(text);
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`, { cause: error });
  }
}

/**
 * Reads `excludel2.yaml`: regular expressions, of which one that is found anywhere in an interface's name excludes it. An empty list excludes
 * nothing. Throws an Error that says what is wrong with each entry.
 */
export function parseExcludedInterfaces(text: string): readonly RegExp[] {
  const document = parseYaml(text);
  if (typeof document !== 'object' || document === null || !Object.hasOwn(document, KEY)) {
    throw new Error(`${KEY} is missing: list patterns under it, or [] to exclude no interface`);
  }
  const entries: unknown = (document as Readonly<Record<string, unknown>>)[KEY] ?? [];
  if (!Array.isArray(entries)) throw new Error(`${KEY} must be a list of regular expressions`);
  const parsed = entries.map((entry, at) => parsePattern(entry, `${KEY}[${at}]`));
  const problems = parsed.filter((one) => typeof one === 'string');
  if (problems.length > 0) throw new Error(problems.join('; '));
  return parsed.filter((one) => typeof one !== 'string');
}

function parseYaml(text: string): unknown {
  try {
    return load(text);
  } catch (error) {
    throw new Error(`is not YAML: ${(error as Error).message}`, { cause: error });
  }
}

/** The pattern, or what is wrong with it. With the flag `u`, what only Go understands is an error and not another meaning. */
function parsePattern(entry: unknown, field: string): RegExp | string {
  if (typeof entry !== 'string' || entry === '') {
    return `${field} must be a regular expression such as "^veth.*", not ${JSON.stringify(entry)}`;
  }
  try {
    return new RegExp(entry, 'u');
  } catch (error) {
    return `${field} is no regular expression: ${(error as Error).message}`;
  }
}
