import type { Documents, EventLog } from '@baton/kernel';
import { readConfig } from '../config';
import { Metrics } from '../telemetry';
import type { Conservation } from './conservation';
import { HealthController } from './health.controller';
import type { Progress } from './progress';

describe('readiness', () => {
  const ready = (refusal: string | undefined, checks: readonly object[] = []): Promise<unknown> =>
    new HealthController(
      { appendRefusal: async () => refusal, tip: async () => '' } as unknown as EventLog,
      { generations: async () => [] } as unknown as Documents,
      { followers: async () => [] } as unknown as Progress,
      { latest: async () => checks } as unknown as Conservation,
      new Metrics(),
      readConfig({ BATON_DATA_DIR: '.' }),
    )
      .ready()
      .catch((error: { getResponse: () => unknown }) => error.getResponse());

  it('is given where the log takes events', async () =>
    expect(await ready(undefined)).toMatchObject({ status: 'ready', codes: [] }));

  it('is given, with a warning, where numbers that should be equal are not', async () => {
    const off = { check: 'managers', holds: false };
    expect(await ready(undefined, [off, { check: 'deals', holds: true }])).toMatchObject({
      ...{ status: 'ready', codes: [], warnings: ['health/conservation'], conservation: [off] },
    });
  });

  it.each(['log/unavailable', 'log/clock-jumped'])('is not given while the log refuses them: %s', async (code) =>
    expect(await ready(code)).toMatchObject({ status: 'not ready', codes: ['health/writes-refused', code] }),
  );
});
