// Shows the Services of a cluster as they change, whatever happens to the API server: node --conditions=@picluster/source main.ts ~/.kube/config
import {
  connect,
  type KubeClient,
  KubeError,
  type KubeObject,
  Reflector,
  resourcePath,
  systemClock,
  systemRandom,
} from '@picluster/kube';

interface Service extends KubeObject {
  readonly spec?: { readonly type?: string };
  readonly status?: { readonly loadBalancer?: { readonly ingress?: { readonly ip?: string }[] } };
}

const [kubeconfig] = process.argv.slice(2);
if (kubeconfig === undefined && process.env['KUBERNETES_SERVICE_HOST'] === undefined) {
  console.error('give me a kubeconfig: main.ts <file> (only in a pod of the cluster I need none)');
  process.exit(2);
}

let client: KubeClient;
try {
  client = connect({ kubeconfig, userAgent: 'picluster-example' });
} catch (error) {
  if (!(error instanceof KubeError)) throw error;
  console.error(error.message);
  process.exit(1);
}

const services = new Reflector(
  {
    client,
    clock: systemClock,
    random: systemRandom,
    log: {
      debug: () => {},
      info: () => {},
      warn: (text, { error, retryMs }: Record<string, unknown> = {}) =>
        console.error(`${text}: ${(error as Error).message}; again in ${String(retryMs)} ms`),
      error: (text, fields) => console.error(text, fields),
    },
  },
  {
    path: resourcePath({ version: 'v1', plural: 'services' }),
    // Of each Service only this line is kept, not the several kB that the server sends.
    project: ({ spec, status }: Service) => {
      const addresses = status?.loadBalancer?.ingress?.map(({ ip }) => ip) ?? [];
      return [spec?.type ?? 'ClusterIP', ...addresses].join(' ');
    },
  },
);
services.subscribe((key, now, before) => {
  if (now === undefined) console.log(`- ${key}`);
  else if (now !== before) console.log(`${before === undefined ? '+' : '~'} ${key}: ${now}`);
});

const stop = new AbortController();
process.once('SIGINT', () => stop.abort());
process.once('SIGTERM', () => stop.abort());
await services.run(stop.signal);
await client.close();
console.log(`${services.size} Services when I stopped`);
