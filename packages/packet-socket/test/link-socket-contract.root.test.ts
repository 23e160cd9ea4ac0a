import { linkSocketContract } from '@picluster/testkit/link-socket-contract';
import { beforeAll, describe } from 'vitest';
import { openLinkSocket } from '../src/index.ts';
import { Cable, Peer, buildAddon, inLab, until } from './seams/lab.ts';

describe.skipIf(!inLab)('in a network namespace', () => {
  beforeAll(buildAddon);

  linkSocketContract('a link socket on a veth pair', async () => {
    const cable = new Cable();
    await cable.connected();
    const ours = openLinkSocket({ interfaceName: cable.ours });
    const peer = new Peer(cable.theirs);
    await until(() => ours.up, 'link up');
    return {
      ours,
      peer,
      setLink: async (state) => cable.setLink(state),
      until: (condition) => until(condition),
      close: async () => {
        ours.close();
        peer[Symbol.dispose]();
        cable[Symbol.dispose]();
      },
    };
  });
});
