import { isIPv6 } from 'node:net';
import { nowMs, startAsking, type Recorder } from './asker.ts';
import type { Processes } from './processes.ts';
import { tryRun } from './run.ts';

/** Who answered for an address. */
export interface Answer {
  readonly mac: string;
  /** Time from the question to this answer, in milliseconds. */
  readonly ms: number;
  /** When it was heard, on the clock of `nowMs()`. */
  readonly atMs: number;
}

/** What an HTTP request brought. */
export interface Fetched {
  readonly ok: boolean;
  readonly body: string;
  /** HTTP status; 0 where there was no answer. */
  readonly status: number;
  readonly ms: number;
  /** Why there was no answer, in curl's words. */
  readonly error: string;
}

const ASK_LIMIT_MS = 1_000;
const RECORD_LIMIT_MS = 120_000;
const CURL_LIMIT_MS = 3_000;

/** The client on the LAN. It is no node and knows nothing of Kubernetes. */
export class LabClient {
  readonly #processes: Processes;
  readonly #netns: string;

  constructor(processes: Processes, netns: string = 'client') {
    this.#processes = processes;
    this.#netns = netns;
  }

  /** Asks by ARP every 10 ms until the first answer; undefined where there is none within `limitMs`. */
  async arp(ipv4: string, limitMs: number = ASK_LIMIT_MS): Promise<Answer | undefined> {
    if (isIPv6(ipv4)) throw new TypeError(`ARP asks for IPv4 addresses, not ${ipv4}: use ndp`);
    return await this.#ask(ipv4, limitMs);
  }

  /** The same by Neighbor Solicitation. */
  async ndp(ipv6: string, limitMs: number = ASK_LIMIT_MS): Promise<Answer | undefined> {
    if (!isIPv6(ipv6)) throw new TypeError(`NDP asks for IPv6 addresses, not ${ipv6}: use arp`);
    return await this.#ask(ipv6, limitMs);
  }

  /** Starts asking every `intervalMs`, by ARP or NDP, and records who answers when. It ends by itself at `limitMs`. */
  async askEvery(
    intervalMs: number,
    address: string,
    limitMs: number = RECORD_LIMIT_MS,
  ): Promise<Recorder> {
    return await startAsking(this.#processes, this.#netns, address, { intervalMs, limitMs });
  }

  /** Fetches `http://<address>/`, or the URL that is given. Never rejects for want of an answer. */
  async curl(target: string, limitMs: number = CURL_LIMIT_MS): Promise<Fetched> {
    const url = target.includes('://')
      ? target
      : `http://${isIPv6(target) ? `[${target}]` : target}/`;
    const startMs = nowMs();
    const { code, stdout, stderr } = await tryRun(
      [
        'curl',
        '-sS',
        '--globoff',
        '--max-time',
        String(limitMs / 1_000),
        '--write-out',
        '\n%{http_code}',
        url,
      ],
      { netns: this.#netns },
    );
    const end = stdout.lastIndexOf('\n');
    const status = Number(stdout.slice(end + 1));
    return {
      ok: code === 0,
      body: stdout.slice(0, end),
      status,
      ms: nowMs() - startMs,
      error: stderr.trim(),
    };
  }

  async #ask(address: string, limitMs: number): Promise<Answer | undefined> {
    const recorder = await startAsking(this.#processes, this.#netns, address, {
      intervalMs: 10,
      limitMs,
      first: true,
    });
    const [answer] = (await recorder.finished()).answers;
    return answer && { mac: answer.mac, ms: answer.afterAskMs, atMs: answer.atMs };
  }
}
