import { createMetrics } from '@picluster/daemon';
import { describe, expect, test } from 'vitest';
import type { Announcement } from '../src/announced-services.ts';
import { createSpeakerMetrics, type SpeakerMetrics } from '../src/speaker-metrics.ts';

/** Metrics of node n1, what they are told to be announced, and the lines of their page with this word. */
function start(): {
  metrics: SpeakerMetrics;
  announced: Record<'layer2' | 'bgp', Announcement[]>;
  page: (word: string) => Promise<string[]>;
} {
  const registry = createMetrics();
  const announced: Record<'layer2' | 'bgp', Announcement[]> = { layer2: [], bgp: [] };
  const page = async (word: string): Promise<string[]> =>
    (await registry.scrape()).body
      .split('\n')
      .filter((line) => !line.startsWith('#') && line.includes(word));
  const metrics = createSpeakerMetrics(registry, 'n1', {
    layer2: () => announced.layer2,
    bgp: () => announced.bgp,
  });
  return { metrics, announced, page };
}

describe('the page of the speaker', () => {
  test('says who is announced here, by MetalLB’s name and labels, for as long as that is so', async () => {
    const { announced, page } = start();
    announced.layer2.push(['default/web', '192.0.2.1'], ['default/mail', '2001:db8::1']);
    announced.bgp.push(['default/web', '192.0.2.1']);
    const [web, mail, webByBgp] = [
      'metallb_speaker_announced{service="default/web",protocol="layer2",node="n1",ip="192.0.2.1"} 1',
      'metallb_speaker_announced{service="default/mail",protocol="layer2",node="n1",ip="2001:db8::1"} 1',
      'metallb_speaker_announced{service="default/web",protocol="bgp",node="n1",ip="192.0.2.1"} 1',
    ];
    expect(await page('announced')).toEqual([web, mail, webByBgp]);
    announced.layer2.shift();
    expect(await page('announced')).toEqual([mail, webByBgp]);
  });

  test('counts what the responder hears and says, by MetalLB’s names, and what it leaves unanswered by the reason', async () => {
    const { metrics, page } = start();
    const { responder } = metrics;
    responder.requestReceived('192.0.2.1');
    responder.requestReceived('192.0.2.1');
    responder.replySent('192.0.2.1');
    responder.announcementSent('192.0.2.2');
    responder.dropped('not-owned');
    expect(await page('layer2')).toEqual([
      'metallb_layer2_requests_received{ip="192.0.2.1"} 2',
      'metallb_layer2_responses_sent{ip="192.0.2.1"} 1',
      'metallb_layer2_gratuitous_sent{ip="192.0.2.2"} 1',
      'picluster_layer2_dropped_total{reason="not-owned"} 1',
    ]);
  });

  test('counts by address and interface how often a stranger was heard to use an address', async () => {
    const { metrics, page } = start();
    metrics.conflict('192.0.2.1', 'eth0');
    metrics.conflict('192.0.2.1', 'eth0');
    expect(await page('conflicts')).toEqual([
      'picluster_l2_conflicts_total{interface="eth0",ip="192.0.2.1"} 2',
    ]);
  });

  test('counts the Services that were looked at, and the writes that failed, by MetalLB’s names', async () => {
    const { metrics, page } = start();
    metrics.reconciled();
    metrics.reconciled();
    metrics.failed();
    expect(await page('_update')).toEqual([
      'metallb_k8s_client_updates_total 2',
      'metallb_k8s_client_update_errors_total 1',
    ]);
  });

  test('says whether what BGP is to do was read, and whether all of it is followed', async () => {
    const { metrics, page } = start();
    const config = async (): Promise<string[]> => await page('_config_');
    const said = (loaded: number, stale: number): string[] => [
      `metallb_k8s_client_config_loaded_bool ${loaded}`,
      `metallb_k8s_client_config_stale_bool ${stale}`,
    ];
    expect(await config()).toEqual(said(0, 0));
    metrics.configured(true);
    expect(await config()).toEqual(said(1, 1));
    metrics.configured(false);
    expect(await config()).toEqual(said(1, 0));
  });
});
