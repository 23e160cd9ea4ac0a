import { formatDuration, parseDuration } from './duration.ts';
import { LOG_LEVELS, type LogLevel } from './log-levels.ts';
import type { Build } from './seams/build.ts';

/** One command-line flag: `--name value`, or its environment variable where the flag is absent. */
export interface Flag<T> {
  /** What it is for, one sentence; `--help` prints it. */
  readonly about: string;
  /** Environment variables in order of precedence, below the command line. */
  readonly env: readonly string[];
  /** What stands in `--help` for the value: `duration`, `port`, … */
  readonly placeholder: string;
  /** Spelled as a user would; absent: the flag must be given, unless `optional`. */
  readonly fallback?: string;
  /** May be left out altogether; its value is then `undefined`. */
  readonly optional?: boolean;
  /** The value, or what a right value looks like. */
  parse(text: string): { readonly value: T } | { readonly expected: string };
}

/** Flags by name, without the dashes. */
export type FlagSet = Readonly<Record<string, Flag<unknown>>>;

/** The parsed values of a `FlagSet`, by flag name. */
export type FlagValues<S extends FlagSet> = {
  readonly [K in keyof S]: S[K] extends Flag<infer T> ? T : never;
};

/** What a command line says: values, a call for help or for the version, or every problem found, each naming its flag and the fix. */
export type ParsedFlags<S extends FlagSet> =
  | { readonly kind: 'values'; readonly values: FlagValues<S> }
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  | { readonly kind: 'problems'; readonly problems: readonly string[] };

interface FlagOptions {
  readonly about: string;
  readonly env: string | readonly string[];
  readonly fallback?: string;
}

function envNames(env: string | readonly string[]): readonly string[] {
  return typeof env === 'string' ? [env] : env;
}

/** A flag whose value is any text that is not empty. `optional` ones yield `undefined` when absent. */
export function stringFlag(options: FlagOptions & { optional: true }): Flag<string | undefined>;
export function stringFlag(options: FlagOptions): Flag<string>;
export function stringFlag(
  options: FlagOptions & { optional?: boolean },
): Flag<string> | Flag<string | undefined> {
  return {
    ...options,
    env: envNames(options.env),
    placeholder: 'text',
    parse: (text) => (text === '' ? { expected: 'a text that is not empty' } : { value: text }),
  };
}

/** A flag for a duration (`15s`, `500ms`), in milliseconds. */
export function durationFlag(options: FlagOptions & { minMs?: number }): Flag<number> {
  const minMs = options.minMs ?? 0;
  return {
    about: options.about,
    env: envNames(options.env),
    ...(options.fallback === undefined ? {} : { fallback: options.fallback }),
    placeholder: 'duration',
    parse: (text) => {
      const ms = parseDuration(text);
      if (ms !== undefined && ms >= minMs) return { value: ms };
      return { expected: `a duration such as 15s or 500ms, at least ${formatDuration(minMs)}` };
    },
  };
}

/** A flag for a whole number from `min` to `max`, both allowed. */
export function wholeNumberFlag(
  options: FlagOptions & { min: number; max: number; placeholder: string },
): Flag<number> {
  const { min, max } = options;
  return {
    ...options,
    env: envNames(options.env),
    parse: (text) => {
      const value = Number(text);
      if (/^\d+$/.test(text) && value >= min && value <= max) return { value };
      return { expected: `a whole number from ${min} to ${max}` };
    },
  };
}

const logLevelFlag: Flag<LogLevel> = {
  about: 'The least severe lines that are logged.',
  env: ['PICLUSTER_LOG_LEVEL'],
  fallback: 'info',
  placeholder: LOG_LEVELS.join('|'),
  parse: (text) =>
    (LOG_LEVELS as readonly string[]).includes(text)
      ? { value: text as LogLevel }
      : { expected: `one of ${LOG_LEVELS.join(', ')}` },
};

/** The flags that every daemon has. Ports are TCP ports; 0 turns that server off. */
export function commonFlags(ports: { metrics: number; health: number }): {
  readonly kubeconfig: Flag<string | undefined>;
  readonly namespace: Flag<string>;
  readonly 'log-level': Flag<LogLevel>;
  readonly 'metrics-port': Flag<number>;
  readonly 'metrics-cert-dir': Flag<string | undefined>;
  readonly 'health-port': Flag<number>;
} {
  return {
    kubeconfig: stringFlag({
      about: 'File that says how to reach the API server. Absent: the Pod’s own service account.',
      env: 'KUBECONFIG',
      optional: true,
    }),
    namespace: stringFlag({
      about: 'Namespace of the IPAddressPools, the L2Advertisements and our Leases.',
      env: ['PICLUSTER_NAMESPACE', 'METALLB_NAMESPACE'],
      fallback: 'metallb-system',
    }),
    'log-level': logLevelFlag,
    'metrics-port': portFlag('/metrics', 'PICLUSTER_METRICS_PORT', ports.metrics),
    'metrics-cert-dir': stringFlag({
      about:
        'Folder with tls.crt and tls.key: /metrics is then there by TLS alone, for those whose bearer token may get that path. Absent: plain HTTP, for everybody.',
      env: 'PICLUSTER_METRICS_CERT_DIR',
      optional: true,
    }),
    'health-port': portFlag('/healthz and /readyz', 'PICLUSTER_HEALTH_PORT', ports.health),
  };
}

function portFlag(what: string, env: string, fallback: number): Flag<number> {
  return wholeNumberFlag({
    about: `TCP port of ${what}; 0 = off.`,
    env,
    fallback: String(fallback),
    min: 0,
    max: 65_535,
    placeholder: 'port',
  });
}

/**
 * Reads a command line (without the program's name) and the environment. Both `--flag value` and `--flag=value` are understood; an
 * unknown flag, a flag given twice, a stray word or a bad value is a problem, and all of them are reported together.
 */
export function parseFlags<S extends FlagSet>(
  flags: S,
  words: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ParsedFlags<S> {
  const { given, problems, asked } = readWords(flags, words);
  if (asked !== undefined) return { kind: asked };
  const values: Record<string, unknown> = {};
  for (const [name, flag] of Object.entries(flags)) {
    const source = chooseSource(name, flag, given, env);
    if (source === undefined) {
      if (flag.optional === true) values[name] = undefined;
      else problems.push(`--${name} is missing: give it, or set ${flag.env.join(' or ')}`);
      continue;
    }
    const parsed = flag.parse(source.text);
    if ('value' in parsed) values[name] = parsed.value;
    else problems.push(`${source.label} must be ${parsed.expected}, not "${source.text}"`);
  }
  if (problems.length > 0) return { kind: 'problems', problems };
  return { kind: 'values', values: values as FlagValues<S> };
}

function chooseSource(
  name: string,
  flag: Flag<unknown>,
  given: ReadonlyMap<string, string>,
  env: Readonly<Record<string, string | undefined>>,
): { text: string; label: string } | undefined {
  const word = given.get(name);
  if (word !== undefined) return { text: word, label: `--${name}` };
  for (const variable of flag.env) {
    const text = env[variable];
    // An empty variable is how a manifest says "not set".
    if (text !== undefined && text !== '') return { text, label: `${variable} (for --${name})` };
  }
  return flag.fallback === undefined ? undefined : { text: flag.fallback, label: `--${name}` };
}

function readWords(
  flags: FlagSet,
  words: readonly string[],
): { given: Map<string, string>; problems: string[]; asked: 'help' | 'version' | undefined } {
  const given = new Map<string, string>();
  const problems: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (word === '--help' || word === '-h') return { given, problems, asked: 'help' };
    if (word === '--version') return { given, problems, asked: 'version' };
    const match = /^--([^=]+)(?:=(.*))?$/s.exec(word);
    if (match === null) {
      problems.push(`"${word}" is not a flag; --help lists them`);
      continue;
    }
    const name = match[1] ?? '';
    if (!Object.hasOwn(flags, name)) {
      problems.push(`--${name} is not known; --help lists the flags`);
      // Its value, where it has one, is not a second mistake.
      if (match[2] === undefined && words[at + 1]?.startsWith('-') === false) at++;
      continue;
    }
    const text = match[2] ?? words[++at];
    if (text === undefined) problems.push(`--${name} needs a value`);
    else if (given.has(name)) problems.push(`--${name} is given twice`);
    else given.set(name, text);
  }
  return { given, problems, asked: undefined };
}

/** What `--help` prints: one paragraph about the program, then each flag with its variable and default. */
export function helpText(program: string, about: string, flags: FlagSet): string {
  const lines = [`Usage: ${program} [flags]`, '', about, ''];
  for (const [name, flag] of Object.entries(flags)) {
    const need =
      flag.fallback === undefined
        ? flag.optional === true
          ? 'optional'
          : 'required'
        : `default ${flag.fallback}`;
    lines.push(`  --${name} <${flag.placeholder}>`);
    lines.push(`      ${flag.about} (${need}; ${flag.env.join(', ')})`);
  }
  lines.push('  --help', '      Prints this.');
  lines.push('  --version', '      Prints which build this is.', '');
  return lines.join('\n');
}

/** What `--version` prints, on one line. */
export function versionText(program: string, { version, commit, node }: Build): string {
  const from = commit === undefined ? '' : `commit ${commit}, `;
  return `picluster ${program} ${version} (${from}Node.js ${node})\n`;
}
