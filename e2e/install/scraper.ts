import { mkdirSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import path from 'node:path';
import { makeCertificate, type Certificate } from '../chaos/certificate.ts';
import type { Cluster } from './cluster.ts';

const NAMESPACE = 'monitoring';
const NAME = 'scraper';

/** What a scrape came to. */
export interface Scrape {
  readonly status: number | undefined;
  readonly body: string;
}

/** Somebody with a ServiceAccount who reads `/metrics` by TLS, and the certificate that the daemons show. */
export class Scraper {
  /** The folder for `--metrics-cert-dir`. */
  readonly certificateFolder: string;
  readonly #cluster: Cluster;
  readonly #certificate: Certificate;
  readonly #token: string;

  private constructor(cluster: Cluster, folder: string, certificate: Certificate, token: string) {
    this.#cluster = cluster;
    this.certificateFolder = folder;
    this.#certificate = certificate;
    this.#token = token;
  }

  /** Makes the ServiceAccount, which may do nothing yet, and the certificate. */
  static async make(cluster: Cluster): Promise<Scraper> {
    const folder = path.join(cluster.folder, 'metrics-certificate');
    const certificate = await makeCertificate();
    mkdirSync(folder);
    writeFileSync(path.join(folder, 'tls.crt'), certificate.cert);
    writeFileSync(path.join(folder, 'tls.key'), certificate.key, { mode: 0o600 });
    const metadata = { name: NAME, namespace: NAMESPACE };
    await cluster.apply([
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } },
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    ]);
    const { status } = await cluster.controlPlane.api.create<{ status: { token: string } }>(
      `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/${NAME}/token`,
      { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
    );
    return new Scraper(cluster, folder, certificate, status.token);
  }

  /** Gives it the right, as the chart gives it to Prometheus. */
  async permit(): Promise<void> {
    const metadata = { name: 'scraper' };
    await this.#cluster.apply([
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRole',
        metadata,
        rules: [{ nonResourceURLs: ['/metrics'], verbs: ['get'] }],
      },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRoleBinding',
        metadata,
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: NAME },
        subjects: [{ kind: 'ServiceAccount', name: NAME, namespace: NAMESPACE }],
      },
    ]);
  }

  /** Reads `/metrics` on a port of this namespace, with its token or with another's. */
  scrape(port: number, token: string = this.#token): Promise<Scrape> {
    const options = { host: '127.0.0.1', port, path: '/metrics', ca: this.#certificate.cert };
    const headers = { authorization: `Bearer ${token}` };
    return new Promise((resolve, reject) => {
      get({ ...options, headers, agent: false }, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (text: string) => (body += text));
        response.once('end', () => resolve({ status: response.statusCode, body }));
      }).once('error', reject);
    });
  }
}
