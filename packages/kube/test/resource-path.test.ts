import { resourcePath } from '@picluster/kube';
import { describe, expect, it } from 'vitest';

describe('resourcePath', () => {
  it.each([
    [{ version: 'v1', plural: 'services' }, '/api/v1/services'],
    [{ group: '', version: 'v1', plural: 'nodes', name: 'n1' }, '/api/v1/nodes/n1'],
    [
      { version: 'v1', plural: 'services', namespace: 'web', name: 'a', subresource: 'status' },
      '/api/v1/namespaces/web/services/a/status',
    ],
    [
      {
        group: 'metallb.io',
        version: 'v1beta1',
        plural: 'ipaddresspools',
        namespace: 'metallb-system',
      },
      '/apis/metallb.io/v1beta1/namespaces/metallb-system/ipaddresspools',
    ],
  ])('%j is %s', (address, path) => {
    expect(resourcePath(address)).toBe(path);
  });

  it('escapes names, so that none can leave its place', () => {
    expect(resourcePath({ version: 'v1', plural: 'nodes', name: '../secrets?x' })).toBe(
      '/api/v1/nodes/..%2Fsecrets%3Fx',
    );
  });
});
