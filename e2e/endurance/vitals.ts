import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { get } from 'node:http';
import type { Subject } from './grounds.ts';

/** What a daemon takes and holds at one moment. Sizes in MB of 2^20 bytes. */
export interface Vitals {
  readonly atMs: number;
  readonly residentMb: number;
  /** What of that no file backs. */
  readonly anonymousMb: number;
  /** Used JavaScript heap, with the garbage in it. */
  readonly heapMb: number;
  readonly descriptors: number;
  /** Of the descriptors. */
  readonly sockets: number;
  /** Timers, sockets and requests that Node counts as active. */
  readonly resources: number;
  /** Series on the metrics page. */
  readonly series: number;
  /** A controller that leads holds more than one that stands by. */
  readonly leads: boolean;
  /** Lines of its log so far. */
  readonly lines: number;
}

const ANSWER_LIMIT_MS = 2000;
const MB = 2 ** 20;

/** Looks at a daemon; `undefined` where its metrics cannot be had now, for its cable is out or it is frozen. */
export async function vitalsOf(subject: Subject, lines: LineCount): Promise<Vitals | undefined> {
  const { daemon } = subject;
  const page = await ask(subject, daemon.metricsPort, '/metrics');
  if (page?.status !== 200) return undefined;
  const status = readFileSync(`/proc/${daemon.pid}/status`, 'utf8');
  const inStatus = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024;
  const onPage = (name: string): number =>
    Number(new RegExp(`^${name} (\\S+)`, 'm').exec(page.body)?.[1]);
  const folder = `/proc/${daemon.pid}/fd`;
  const targets = readdirSync(folder).map((name) => linkOf(`${folder}/${name}`));
  return {
    atMs: performance.now(),
    residentMb: inStatus('VmRSS'),
    anonymousMb: inStatus('RssAnon'),
    heapMb: onPage('nodejs_heap_size_used_bytes') / MB,
    descriptors: targets.length,
    sockets: targets.filter((target) => target.startsWith('socket:')).length,
    resources: onPage('nodejs_active_resources_total'),
    series: page.body.split('\n').filter((line) => /^\w/.test(line)).length,
    leads: /^leader_election_master_status\b.* 1$/m.test(page.body),
    lines: lines.now(),
  };
}

/** What `/readyz` says: yes or no with its words, or `undefined`: nothing in time. */
export async function readinessOf(
  subject: Subject,
): Promise<{ readonly ready: boolean; readonly words: string } | undefined> {
  const answer = await ask(subject, subject.daemon.healthPort, '/readyz');
  return answer && { ready: answer.status === 200, words: answer.body.trim() };
}

/** Counts the lines of a log that grows, reading each once; remembers those at the level `error`. */
export class LineCount {
  readonly errors: string[] = [];
  readonly #file: string;
  #offset = 0;
  #lines = 0;
  #rest = '';

  constructor(file: string) {
    this.#file = file;
  }

  now(): number {
    const { size } = statSync(this.#file);
    if (size > this.#offset) {
      const text = this.#rest + readFileSync(this.#file).subarray(this.#offset).toString();
      this.#offset = size;
      const lines = text.split('\n');
      this.#rest = lines.pop() ?? '';
      this.#lines += lines.length;
      this.errors.push(...lines.filter((line) => line.includes('"level":"error"')));
    }
    return this.#lines;
  }
}

interface Answer {
  readonly status: number | undefined;
  readonly body: string;
}

function ask({ host }: Subject, port: number, path: string): Promise<Answer | undefined> {
  return new Promise((resolve) => {
    const request = get(
      { host, port, path, agent: false, timeout: ANSWER_LIMIT_MS },
      (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (text: string) => (body += text));
        response.once('end', () => resolve({ status: response.statusCode, body }));
        response.once('error', () => resolve(undefined));
      },
    );
    request.once('timeout', () => request.destroy());
    request.once('error', () => resolve(undefined));
  });
}

/** Where a descriptor leads; empty where it was closed meanwhile. */
function linkOf(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
}
