import { linkSocketContract } from '@picluster/testkit/link-socket-contract';
import { SimClock, SimLan } from '../src/index.ts';

linkSocketContract('SimLan', async () => {
  const clock = new SimClock();
  const lan = new SimLan({ clock }, { delayMs: 1 });
  const ours = lan.attach('eth0', Uint8Array.of(2, 0, 0, 0, 0, 1));
  const peer = lan.observe(Uint8Array.of(2, 0, 0, 0, 0, 0x99));
  return {
    ours,
    peer,
    setLink: async (state) => ours.setLink(state),
    until: async (condition) => {
      // One look every 5 ms of simulated time: a condition may send again on each look.
      for (let look = 0; look < 1000; look++) {
        if (condition()) return;
        await clock.advance(5);
      }
      throw new Error('the condition did not hold within 5 simulated seconds');
    },
    close: async () => ours.close(),
  };
});
