// The API server in memory as a process of its own. Arguments: host, port, file for the certificate. The administrator's
// token comes in the environment, so that no list of processes shows it.
import { writeFileSync } from 'node:fs';
import { startKubeSim } from '@picluster/kube-sim';

const [host = '', port = '', certificateFile = ''] = process.argv.slice(2);
const token = process.env['LAB_ADMIN_TOKEN'] ?? '';
const sim = await startKubeSim({ host, port: Number(port), tokens: { [token]: 'admin' } });
writeFileSync(certificateFile, sim.ca);
console.log('ready');
