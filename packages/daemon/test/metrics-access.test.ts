import { expect, test } from 'vitest';
import { ALLOWED_MS, MetricsAccess, REFUSED_MS, type Verdict } from '../src/metrics-access.ts';

type Answer = object | Error;

/** An API server that knows the tokens `reader` and `stranger`, and lets only the first one read. */
class Server {
  readonly asked: { readonly path: string; readonly body: { readonly spec: object } }[] = [];
  broken = false;
  #waiting: (() => void)[] = [];
  #holds = false;

  request = async <T>(request: { path: string; body: unknown }): Promise<T> => {
    this.asked.push(request as never);
    if (this.#holds) await new Promise<void>((resolve) => void this.#waiting.push(resolve));
    const answer = this.#answer(request as never);
    if (answer instanceof Error) throw answer;
    return answer as T;
  };

  /** No answer before {@link release}. */
  hold(): void {
    this.#holds = true;
  }

  release(): void {
    this.#holds = false;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #answer({ path, body }: { path: string; body: { spec: Record<string, string> } }): Answer {
    if (this.broken) return new Error('it is away');
    if (path.endsWith('/subjectaccessreviews')) {
      return { status: { allowed: body.spec['user'] === 'prometheus' } };
    }
    const users: Record<string, string> = { reader: 'prometheus', stranger: 'somebody' };
    const username = users[body.spec['token'] ?? ''];
    return username === undefined
      ? { status: { error: 'no such token' } }
      : { status: { authenticated: true, user: { username, uid: 'u', groups: ['g'] } } };
  }
}

const ALLOWED: Verdict = { kind: 'allowed' };
const start = (): { server: Server; access: MetricsAccess; later: (ms: number) => void } => {
  let nowMs = 0;
  const server = new Server();
  const access = new MetricsAccess({ nowMs: () => nowMs });
  access.askThrough(server);
  return { server, access, later: (ms) => (nowMs += ms) };
};

test('a token that is known and may get /metrics is let in, after two questions', async () => {
  const { server, access } = start();
  expect(await access.judge('Bearer reader')).toEqual(ALLOWED);
  expect(server.asked.map(({ path, body }) => [path, body.spec])).toEqual([
    ['/apis/authentication.k8s.io/v1/tokenreviews', { token: 'reader' }],
    [
      '/apis/authorization.k8s.io/v1/subjectaccessreviews',
      {
        user: 'prometheus',
        uid: 'u',
        groups: ['g'],
        extra: undefined,
        nonResourceAttributes: { path: '/metrics', verb: 'get' },
      },
    ],
  ]);
});

test.each([undefined, '', 'Basic cmVhZGVy', 'Bearer', 'Bearer two words'])(
  'without a bearer token (%j) nobody is asked, and it is a 401',
  async (authorization) => {
    const { server, access } = start();
    expect(await access.judge(authorization)).toMatchObject({ status: 401 });
    expect(server.asked).toEqual([]);
  },
);

test('a token that the API server does not know is a 401 with its reason, and access is not asked', async () => {
  const { server, access } = start();
  expect(await access.judge('Bearer wrong')).toEqual({
    kind: 'refused',
    status: 401,
    reason: 'the API server does not know this token: no such token',
  });
  expect(server.asked).toHaveLength(1);
});

test('a user who may not is a 403 that names the user and the right', async () => {
  const { access } = start();
  expect(await access.judge('Bearer stranger')).toEqual({
    kind: 'refused',
    status: 403,
    reason:
      'somebody may not read the metrics: it needs the verb get on the non-resource URL /metrics',
  });
});

test('a yes is remembered for a minute and a no for ten seconds', async () => {
  const { server, access, later } = start();
  await access.judge('Bearer reader');
  await access.judge('Bearer wrong');
  const before = server.asked.length;
  later(REFUSED_MS - 1);
  await access.judge('Bearer reader');
  await access.judge('Bearer wrong');
  expect(server.asked.length).toBe(before);
  later(1);
  await access.judge('Bearer wrong');
  expect(server.asked.length).toBe(before + 1);
  later(ALLOWED_MS - REFUSED_MS);
  await access.judge('Bearer reader');
  expect(server.asked.length).toBe(before + 3);
});

test('while the API server is away only those are let in who were a moment ago; that is not remembered', async () => {
  const { server, access } = start();
  await access.judge('Bearer reader');
  server.broken = true;
  expect(await access.judge('Bearer reader')).toEqual(ALLOWED);
  expect(await access.judge('Bearer stranger')).toEqual({
    kind: 'refused',
    status: 503,
    reason: 'the API server could not be asked: it is away',
  });
  server.broken = false;
  expect(await access.judge('Bearer stranger')).toMatchObject({ status: 403 });
});

test('two requests with one token at one time are one question', async () => {
  const { server, access } = start();
  server.hold();
  const both = [access.judge('Bearer wrong'), access.judge('Bearer wrong')];
  server.release();
  expect(await Promise.all(both)).toMatchObject([{ status: 401 }, { status: 401 }]);
  expect(server.asked).toHaveLength(1);
});

test('ever new tokens make no more than eight questions at one time', async () => {
  const { server, access } = start();
  server.hold();
  const many = Array.from({ length: 20 }, (_, at) => access.judge(`Bearer wrong-${at}`));
  expect(await many[19]).toMatchObject({ status: 503, reason: 'too many tokens at one time' });
  expect(server.asked).toHaveLength(8);
  server.release();
  const verdicts = (await Promise.all(many)).map((each) => 'status' in each && each.status);
  expect(verdicts.filter((status) => status === 401)).toHaveLength(8);
});

test('a flood of wrong tokens makes no right one forgotten', async () => {
  const { server, access } = start();
  await access.judge('Bearer reader');
  for (let at = 0; at < 1000; at++) await access.judge(`Bearer wrong-${at}`);
  const before = server.asked.length;
  expect(await access.judge('Bearer reader')).toEqual(ALLOWED);
  expect(server.asked.length).toBe(before);
  // Of those refused only the latest are remembered.
  await access.judge('Bearer wrong-999');
  expect(server.asked.length).toBe(before);
  await access.judge('Bearer wrong-0');
  expect(server.asked.length).toBe(before + 1);
});

test('nobody is let in before there is a connection', async () => {
  const access = new MetricsAccess({ nowMs: () => 0 });
  expect(await access.judge('Bearer reader')).toMatchObject({ status: 503 });
});
