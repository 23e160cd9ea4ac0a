import { createMetrics } from '@picluster/daemon';
import { describe, expect, test } from 'vitest';
import { createSpeakerMetrics, type SpeakerMetrics } from '../src/speaker-metrics.ts';

/** Metrics of node n1, and the lines of their page with this word. */
function start(): { metrics: SpeakerMetrics; page: (word: string) => Promise<string[]> } {
  const registry = createMetrics();
  const page = async (word: string): Promise<string[]> =>
    (await registry.scrape()).body
      .split('\n')
      .filter((line) => !line.startsWith('#') && line.includes(word));
  return { metrics: createSpeakerMetrics(registry, 'n1'), page };
}

describe('the page of the speaker', () => {
  test('says who is announced here, by MetalLB’s name and labels, for as long as that is so', async () => {
    const { metrics, page } = start();
    metrics.announced('layer2', 'default/web', '192.0.2.1', true);
    metrics.announced('bgp', 'default/web', '192.0.2.1', true);
    metrics.announced('layer2', 'default/mail', '2001:db8::1', true);
    metrics.announced('layer2', 'default/web', '192.0.2.1', false);
    expect(await page('announced')).toEqual([
      'metallb_speaker_announced{service="default/web",protocol="bgp",node="n1",ip="192.0.2.1"} 1',
      'metallb_speaker_announced{service="default/mail",protocol="layer2",node="n1",ip="2001:db8::1"} 1',
    ]);
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
