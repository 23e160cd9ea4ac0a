import { describe, expect, test } from 'vitest';
import type { Answer } from './client.ts';
import type { ContractSubject } from './subject.ts';

const tokenReviews = '/apis/authentication.k8s.io/v1/tokenreviews';
const accessReviews = '/apis/authorization.k8s.io/v1/subjectaccessreviews';

/** Rules of the questions whose token this is and who may do what, of which nothing is stored. */
export function reviewRules(on: ContractSubject): void {
  const whose = async (token: string): Promise<Answer> =>
    await on.client.post(tokenReviews, {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenReview',
      spec: { token },
    });

  describe('reviews', () => {
    test('a TokenReview names the user behind a token, and the groups', async () => {
      const accounts = `${on.namespace}/serviceaccounts`;
      const metadata = { name: 'scraper' };
      await on.created(accounts, { apiVersion: 'v1', kind: 'ServiceAccount', metadata });
      const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
      const { status } = await on.created(`${accounts}/scraper/token`, request);
      const { code, body } = await whose(status.token);
      expect([code, body.kind, body.status.authenticated]).toEqual([201, 'TokenReview', true]);
      expect(body.status.user.username).toBe(`system:serviceaccount:${on.ns}:scraper`);
      expect(body.status.user.groups).toEqual([
        'system:serviceaccounts',
        `system:serviceaccounts:${on.ns}`,
        'system:authenticated',
      ]);
    });

    test('a token that nobody has is no error, but nobody’s', async () => {
      const { code, body } = await whose('nobody-has-it');
      expect([code, body.status.authenticated ?? false, body.status.user]).toEqual([
        201,
        false,
        {},
      ]);
      expect(body.status.error).toContain('invalid bearer token');
    });

    test('a SubjectAccessReview says whether a user may read a path that is no resource', async () => {
      const { status } = (await whose(on.connection.token)).body;
      const { code, body } = await on.client.post(accessReviews, {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SubjectAccessReview',
        spec: {
          user: status.user.username,
          groups: status.user.groups,
          nonResourceAttributes: { path: '/metrics', verb: 'get' },
        },
      });
      expect([code, body.kind, body.status.allowed]).toEqual([201, 'SubjectAccessReview', true]);
    });

    test('a review cannot be read, for nothing is kept of it', async () => {
      expect((await on.client.get(tokenReviews)).code).toBe(405);
      expect((await on.client.get(accessReviews)).code).toBe(405);
    });
  });
}
