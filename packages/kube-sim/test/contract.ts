import { afterAll, beforeAll, describe } from 'vitest';
import { createRules } from './contract/create-rules.ts';
import { customRules } from './contract/custom-rules.ts';
import { kindRules } from './contract/kind-rules.ts';
import { listRules } from './contract/list-rules.ts';
import { reviewRules } from './contract/review-rules.ts';
import { serviceRules } from './contract/service-rules.ts';
import { statusRules } from './contract/status-rules.ts';
import { ContractSubject, type Connection } from './contract/subject.ts';
import { watchRules } from './contract/watch-rules.ts';
import { writeRules } from './contract/write-rules.ts';

/**
 * The rules that our daemons, kubectl and our tests rely on, for any Kubernetes API server.
 *
 * The real kube-apiserver decides: where the simulator differs, the simulator is wrong.
 */
export function kubernetesContract(server: string, connect: () => Promise<Connection>): void {
  describe(`the Kubernetes API of ${server}`, () => {
    const subject = new ContractSubject(connect);
    beforeAll(() => subject.open());
    afterAll(() => subject.close());

    createRules(subject);
    writeRules(subject);
    listRules(subject);
    watchRules(subject);
    statusRules(subject);
    customRules(subject);
    serviceRules(subject);
    kindRules(subject);
    reviewRules(subject);
  });
}
