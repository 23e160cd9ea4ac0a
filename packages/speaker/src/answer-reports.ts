import type { Metrics } from '@picluster/daemon';
import type { NodeId } from '@picluster/l2-election';
import type { AnswerNews } from './answer-watch-task.ts';

/** What the reports work with. */
export interface AnswerReportsDeps {
  readonly metrics: Metrics;
  readonly clock: { nowMs(): number };
  readonly log: {
    info(message: string, fields?: Record<string, unknown>): void;
    warn(message: string, fields?: Record<string, unknown>): void;
  };
  /** This node's name. */
  readonly node: string;
  /** The name of a node of the cluster. */
  readonly nameOf: (id: NodeId) => string;
  /** Writes a warning on every Service that has the address. */
  readonly warn: (address: string, reason: string, message: string) => void;
  /** A machine that is no speaker uses the address. */
  readonly conflict: (address: string, interfaceName: string, mac: string) => void;
}

/** People are told again of one address after this time. */
export const ANSWERED_TWICE_AGAIN_MS = 600_000;

/** Tells people, in metrics, events and the log, of addresses that are not answered by who should. */
export class AnswerReports {
  readonly #deps: AnswerReportsDeps;
  readonly #asks: ReturnType<Metrics['counter']>;
  readonly #wrong: ReturnType<Metrics['gauge']>;
  readonly #setAside: ReturnType<Metrics['counter']>;
  readonly #toldMs = new Map<string, number>();

  constructor(deps: AnswerReportsDeps) {
    this.#deps = deps;
    this.#asks = deps.metrics.counter(
      'picluster_l2_answer_checks_total',
      'Questions of this node for addresses that others hold: answered by the holder, by others only, or by nobody.',
      ['interface', 'outcome'],
    );
    this.#wrong = deps.metrics.gauge(
      'picluster_l2_wrong_answers',
      '1 for each address that is not answered by who should, as this node hears it: its holder is silent, or a node answers too that does not hold it.',
      ['interface', 'ip', 'fault', 'node', 'mac'],
    );
    this.#setAside = deps.metrics.counter(
      'picluster_l2_set_aside_total',
      'Addresses that this node gave up because others got no answers of it.',
      ['interface'],
    );
  }

  /** Something was found on an interface. */
  tell(interfaceName: string, news: AnswerNews): void {
    switch (news.kind) {
      case 'counted':
        this.#asks.inc({ interface: interfaceName, outcome: news.outcome });
        break;
      case 'fault':
        this.#onFault(interfaceName, news);
        break;
      case 'foreign':
        this.#deps.conflict(news.address, interfaceName, news.mac);
        break;
      case 'set-aside':
        this.#setAside.inc({ interface: interfaceName });
        this.#onTold(interfaceName, news, 'another node takes over');
        break;
      case 'kept':
        this.#onTold(interfaceName, news, 'no other node could take over');
        break;
      case 'back':
        this.#deps.log.info('stands for the address again', {
          ip: news.address,
          interface: interfaceName,
        });
        break;
    }
  }

  #onFault(interfaceName: string, news: Extract<AnswerNews, { kind: 'fault' }>): void {
    const { log, nameOf } = this.#deps;
    const { fault, address: ip, mac, now } = news;
    const node = nameOf(news.node);
    const labels = { interface: interfaceName, ip, fault, node, mac };
    const fields = { ip, interface: interfaceName, node, mac };
    if (!now) {
      this.#wrong.remove(labels);
      log.info('the address is answered as it should be again', { ...fields, fault });
      return;
    }
    this.#wrong.set(1, labels);
    if (fault === 'silent') {
      log.warn('the holder of the address does not answer', fields);
      return;
    }
    log.warn('a node answers for an address that it does not hold', fields);
    if (news.isTeller) this.#onAnsweredTwice(interfaceName, ip, node, mac);
  }

  #onAnsweredTwice(interfaceName: string, address: string, node: string, mac: string): void {
    const { clock, warn } = this.#deps;
    const nowMs = clock.nowMs();
    for (const [told, atMs] of this.#toldMs) {
      if (nowMs - atMs >= ANSWERED_TWICE_AGAIN_MS) this.#toldMs.delete(told);
    }
    if (this.#toldMs.has(address)) return;
    this.#toldMs.set(address, nowMs);
    warn(
      address,
      'addressAnsweredTwice',
      `node "${node}" (${mac}) answers for "${address}" on ${interfaceName} too, although it does not hold it: kube-proxy in IPVS mode needs strictARP, and no interface may have the address`,
    );
  }

  #onTold(
    interfaceName: string,
    { address, tellers, others }: Extract<AnswerNews, { kind: 'set-aside' | 'kept' }>,
    outcome: string,
  ): void {
    const { log, node, warn } = this.#deps;
    const fields = { ip: address, interface: interfaceName, tellers, others };
    log.warn('others get no answers for the address from this node', { ...fields, outcome });
    warn(
      address,
      'addressUnanswered',
      `node "${node}" does not answer for "${address}" on ${interfaceName}: ${tellers} of ${others} other speakers asked in vain, while its heartbeats arrive; ${outcome}`,
    );
  }
}
