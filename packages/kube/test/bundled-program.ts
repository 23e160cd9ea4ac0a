// The program that esbuild-plugin.test.ts bundles: uses each part of the client once.
import { connect } from '@picluster/kube';

async function main(kubeconfig: string): Promise<void> {
  const client = connect({ kubeconfig, userAgent: 'bundle' });
  const requested = await client.request({ method: 'GET', path: '/version', onlyIf: () => true });
  const stream = await client.stream({ path: '/watch', signal: new AbortController().signal });
  let streamed = '';
  for await (const chunk of stream) streamed += Buffer.from(chunk).toString();
  await client.close();
  process.stdout.write(JSON.stringify({ requested, streamed }));
}

void main(process.argv[2] ?? '');
