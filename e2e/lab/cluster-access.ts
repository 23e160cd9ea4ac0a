import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { KubeApi, kubeconfig } from './kube-api.ts';

/** What it takes to enter a cluster. */
export interface ClusterAccess {
  readonly url: string;
  /** The certificates to trust, in PEM. */
  readonly ca: string;
  /** Requests as the cluster's administrator. */
  readonly api: KubeApi;
  /** Path of the administrator's kubeconfig. */
  readonly kubeconfig: string;
  /** Writes a kubeconfig for a token, and gives its path. */
  kubeconfigFor(user: string, token: string): string;
  /** Mints a ServiceAccount token (TokenRequest) and writes a kubeconfig for it. The account must exist. */
  kubeconfigForServiceAccount(namespace: string, name: string): Promise<string>;
}

/** Tokens end after this; a run is far shorter. */
const TOKEN_SECONDS = 7_200;

/** Access as the administrator whose token is given; the kubeconfigs go to `dir`. */
export function accessTo(options: {
  dir: string;
  url: string;
  ca: string;
  token: string;
}): ClusterAccess {
  const { dir, url, ca, token } = options;
  const api = new KubeApi({ url, ca, token });
  const kubeconfigFor = (user: string, itsToken: string): string => {
    const file = path.join(dir, `${user.replaceAll(':', '-')}.kubeconfig`);
    writeFileSync(file, kubeconfig({ url, ca, token: itsToken }, user), { mode: 0o600 });
    return file;
  };
  return {
    url,
    ca,
    api,
    kubeconfig: kubeconfigFor('admin', token),
    kubeconfigFor,
    kubeconfigForServiceAccount: async (namespace, name) => {
      const answer = await api.create<{ status: { token: string } }>(
        `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`,
        {
          apiVersion: 'authentication.k8s.io/v1',
          kind: 'TokenRequest',
          spec: { expirationSeconds: TOKEN_SECONDS },
        },
      );
      return kubeconfigFor(`system:serviceaccount:${namespace}:${name}`, answer.status.token);
    },
  };
}
