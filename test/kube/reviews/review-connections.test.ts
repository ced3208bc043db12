import { expect, it } from 'vitest';
import { AccessReviewer } from '../../../src/kube/reviews/access-review.ts';
import { defaultReviewSettings } from '../../../src/kube/reviews/reviewer.ts';
import { TokenReviewer, defaultTokenReviewSettings } from '../../../src/kube/reviews/token-review.ts';
import { waitFor } from '../../support/wait-for.ts';
import { listConfigMaps } from '../kube-harness.ts';
import { useReviewServer } from './review-server.ts';

const api = useReviewServer();
const soon = { secondTryMs: 20, deadlineMs: 60_000 };
const clients = Array.from({ length: 60 }, (_, index) => index);

it('leaves connections to other calls while the API server answers no review', async () => {
  api.server.fail('tokenreview', { kind: 'hang' });
  api.server.fail('subjectaccessreview', { kind: 'hang' });
  const access = new AccessReviewer(
    { ...api.dependencies, client: api.client },
    { ...defaultReviewSettings, ...soon },
  );
  // Tokens of strangers, and as many of known users.
  const tokens = [0, 1].map(
    () =>
      new TokenReviewer(
        { ...api.dependencies, client: api.client },
        { ...defaultTokenReviewSettings, ...soon },
      ),
  );
  const gone = new AbortController();
  const attributes = { kind: 'path', path: '/metrics', verb: 'get' } as const;
  const pending = clients.flatMap((number) => [
    access.reviewAccess({ name: `user-${number}`, groups: [], extra: {} }, attributes, gone.signal),
    ...tokens.map((one) => one.reviewToken(`token-${number}`, `198.51.100.${number}`, gone.signal)),
  ]);
  const settled = Promise.allSettled(pending);
  await waitFor(() => api.server.openConnections >= 78);
  const call = { signal: gone.signal, timeoutMs: 300_000 };
  expect(await listConfigMaps(api.client, call)).toMatchObject({ kind: 'ConfigMapList' });
  expect(api.server.count('tokenreview') + api.server.count('subjectaccessreview')).toBe(78);
  gone.abort('gone');
  await settled;
});
