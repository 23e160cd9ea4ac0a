import { describe, expect, test } from 'vitest';
import { widget } from './objects.ts';
import type { ContractSubject } from './subject.ts';

const strategic = 'application/strategic-merge-patch+json';

/** Rules of custom resources. */
export function customRules(on: ContractSubject): void {
  describe('custom resources', () => {
    const path = (): string => on.widgets;

    test('defaults are filled in, unknown fields and an early status are dropped', async () => {
      const body = {
        ...widget('whole', { size: 1, unknown: 1, nested: {} }),
        status: { seen: 1 },
      };
      const object = await on.created(path(), body);
      expect(object.spec).toEqual({ size: 1, mode: 'a', nested: { on: true } });
      expect(object.status).toBeUndefined();
    });

    test('strict field validation refuses unknown fields', async () => {
      const answer = await on.client.post(
        `${path()}?fieldValidation=Strict`,
        widget('strict', { size: 1, unknown: 1 }),
      );
      expect(answer.code).toBe(400);
      expect(answer.body.message).toContain('strict decoding error: unknown field "spec.unknown"');
    });

    test.each([
      [{}, 'spec.size', 'FieldValueRequired'],
      [{ size: 11 }, 'spec.size', 'FieldValueInvalid'],
      [{ size: 'x' }, 'spec.size', 'FieldValueTypeInvalid'],
      [{ size: 1, mode: 'z' }, 'spec.mode', 'FieldValueNotSupported'],
      [{ size: 1, tags: ['UPPER'] }, 'spec.tags[0]', 'FieldValueInvalid'],
      [{ size: 1, tags: ['a', 'b', 'c', 'd'] }, 'spec.tags', 'FieldValueTooMany'],
    ])('a spec of %j is a 422 for %s: %s', async (spec, field, reason) => {
      const { code, body } = await on.client.post(path(), widget('wrong', spec));
      expect([code, body.reason]).toEqual([422, 'Invalid']);
      expect(body.details.causes).toContainEqual(expect.objectContaining({ field, reason }));
      expect(body.message).toMatch(/^Widget\.contract\.picluster\.test "wrong" is invalid: /);
    });

    test('a patch is validated too, and an invalid one changes nothing', async () => {
      await on.created(path(), widget('steady', { size: 1 }));
      expect((await on.client.merge(`${path()}/steady`, { spec: { size: 99 } })).code).toBe(422);
      expect((await on.client.get(`${path()}/steady`)).body.spec.size).toBe(1);
    });

    test('a strategic merge patch is a 415', async () => {
      await on.created(path(), widget('plain', { size: 1 }));
      const { code } = await on.client.send('PATCH', `${path()}/plain`, {
        body: { spec: { size: 2 } },
        type: strategic,
      });
      expect(code).toBe(415);
    });

    test('discovery shows the new resource', async () => {
      const { body } = await on.client.get('/apis/contract.picluster.test/v1');
      const found = body.resources.find((one: { name: string }) => one.name === 'widgets');
      expect([found.kind, found.namespaced]).toEqual(['Widget', true]);
      expect(body.resources.some((one: { name: string }) => one.name === 'widgets/status')).toBe(
        true,
      );
    });
  });
}
