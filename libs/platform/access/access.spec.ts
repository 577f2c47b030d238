import { createHash } from 'node:crypto';
import type { CommandBus } from '@nestjs/cqrs';
import { Conflict, type Availability, type Journal } from '@baton/kernel';
import { FixedClock } from '@baton/kernel/testing';
import { Access } from './access';

const [ada, bob] = ['a'.repeat(12), 'b'.repeat(12)];
const secret = 's'.repeat(43);
const hash = createHash('sha256').update(secret).digest('hex');
const bearer = (keyId: string) => `Bearer baton_${keyId}_${secret}`;

describe('the keys of callers', () => {
  let clock: FixedClock;
  let away: boolean;
  let reads: string[];
  let access: Access;
  beforeEach(() => {
    clock = new FixedClock('2024-01-01T00:00:00.000Z');
    away = false;
    reads = [];
    const read = async (stream: string) => {
      reads.push(stream);
      if (away) throw new Conflict('log/unavailable', 'Later.');
      if (stream !== `key-${ada}`) return [];
      return [{ type: 'KeyIssued', data: { label: 'ada', origin: 'person', roles: ['sales'], hash } }];
    };
    const availability = (): Availability =>
      away ? { state: 'unavailable', since: clock.now() } : { state: 'available' };
    access = new Access({ read } as unknown as Journal, {} as CommandBus, clock, { availability });
  });

  it('are looked for once in two seconds', async () => {
    expect(await access.authenticate(bearer(ada))).toEqual({ actor: 'ada', origin: 'person', roles: ['sales'] });
    await access.authenticate(bearer(ada));
    expect(reads).toHaveLength(1);
    clock.instant = '2024-01-01T00:00:02.000Z';
    await access.authenticate(bearer(ada));
    expect(reads).toHaveLength(2);
  });

  it('are taken whatever the case of the scheme, and of nothing else', async () => {
    for (const scheme of ['bearer', 'BEARER'])
      expect(await access.authenticate(bearer(ada).replace('Bearer', scheme))).toMatchObject({ actor: 'ada' });
    await expect(access.authenticate(bearer(ada).toUpperCase())).rejects.toMatchObject({ code: 'access/bad-key' });
  });

  it('are refused under the id of another key, though the secret is right', async () => {
    await access.authenticate(bearer(ada));
    await expect(access.authenticate(bearer(bob))).rejects.toMatchObject({ code: 'access/bad-key' });
    await expect(access.authenticate(bearer(ada))).resolves.toMatchObject({ actor: 'ada' });
  });

  it('are refused with another secret, though the right one was shown a moment ago', async () => {
    await access.authenticate(bearer(ada));
    const guessed = bearer(ada).replace(secret, 't'.repeat(43));
    await expect(access.authenticate(guessed)).rejects.toMatchObject({ code: 'access/bad-key' });
    await expect(access.authenticate(bearer(ada))).resolves.toMatchObject({ actor: 'ada' });
  });

  it('go on while the log is away, for an hour, without asking it', async () => {
    await access.authenticate(bearer(ada));
    away = true;
    clock.instant = '2024-01-01T00:59:59.000Z';
    await expect(access.authenticate(bearer(ada))).resolves.toMatchObject({ actor: 'ada' });
    expect(reads).toHaveLength(1);
    await expect(access.authenticate(bearer(bob))).rejects.toMatchObject({ code: 'log/unavailable' });
    clock.instant = '2024-01-01T01:00:00.000Z';
    await expect(access.authenticate(bearer(ada))).rejects.toMatchObject({ code: 'log/unavailable' });
  });
});
