import { startKubeSim } from '../src/index.ts';
import { kubernetesContract } from './contract.ts';

kubernetesContract('kube-sim', async () => {
  const sim = await startKubeSim();
  return {
    url: sim.url,
    ca: sim.ca,
    token: sim.token,
    expireVersions: () => sim.expireVersions(),
    close: () => sim.close(),
  };
});
