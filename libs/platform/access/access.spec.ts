import { createHash } from 'node:crypto';
import type { CommandBus } from '@nestjs/cqrs';
import { Conflict, type Availability, type Journal } from '@baton/kernel';
import { FixedClock } from '@baton/kernel/testing';
import { Access } from './access';
import type { AccessEntry } from './access-log';

const [ada, bob] = ['a'.repeat(12), 'b'.repeat(12)];
const secret = 's'.repeat(43);
const hash = createHash('sha256').update(secret).digest('hex');
const bearer = (keyId: string) => `Bearer baton_${keyId}_${secret}`;

describe('the keys of callers', () => {
  let clock: FixedClock;
  let unavailable: boolean;
  let reads: string[];
  let access: Access;
  let entries: AccessEntry[];
  const record = async (more: readonly AccessEntry[]) => void entries.push(...more);
  beforeEach(() => {
    clock = new FixedClock('2024-01-01T00:00:00.000Z');
    unavailable = false;
    reads = [];
    entries = [];
    const read = async (stream: string) => {
      reads.push(stream);
      if (unavailable) throw new Conflict('log/unavailable', 'Later.');
      if (stream !== `key-${ada}`) return [];
      return [{ type: 'KeyIssued', data: { label: 'ada', origin: 'person', roles: ['sales'], hash } }];
    };
    const availability = (): Availability =>
      unavailable ? { state: 'unavailable', since: clock.now() } : { state: 'available' };
    access = new Access({ read } as unknown as Journal, {} as CommandBus, clock, { availability }, record);
  });

  it('are read from the log at most every two seconds', async () => {
    expect(await access.authenticate(bearer(ada))).toEqual({ actor: 'ada', origin: 'person', roles: ['sales'] });
    await access.authenticate(bearer(ada));
    expect(reads).toHaveLength(1);
    clock.instant = '2024-01-01T00:00:02.000Z';
    await access.authenticate(bearer(ada));
    expect(reads).toHaveLength(2);
  });

  it('sign in once a day, and a wrong secret does not', async () => {
    await access.authenticate(bearer(ada));
    await access.authenticate(bearer(ada));
    await expect(access.authenticate(bearer(bob))).rejects.toMatchObject({ code: 'access/bad-key' });
    clock.instant = '2024-01-02T00:00:00.000Z';
    await access.authenticate(bearer(ada));
    const signIn = {
      type: 'SignedIn',
      data: { method: 'key', keyId: ada, roles: ['sales'] },
      by: { actor: 'ada', origin: 'person' },
    };
    expect(entries).toEqual([signIn, signIn]);
  });

  it('are accepted with the scheme in any case; the key itself is case-sensitive', async () => {
    for (const scheme of ['bearer', 'BEARER'])
      expect(await access.authenticate(bearer(ada).replace('Bearer', scheme))).toMatchObject({ actor: 'ada' });
    await expect(access.authenticate(bearer(ada).toUpperCase())).rejects.toMatchObject({ code: 'access/bad-key' });
  });

  it('are refused with the secret of another key', async () => {
    await access.authenticate(bearer(ada));
    await expect(access.authenticate(bearer(bob))).rejects.toMatchObject({ code: 'access/bad-key' });
    await expect(access.authenticate(bearer(ada))).resolves.toMatchObject({ actor: 'ada' });
  });

  it('are refused with a wrong secret, even just after a request with the right one', async () => {
    await access.authenticate(bearer(ada));
    const guessed = bearer(ada).replace(secret, 't'.repeat(43));
    await expect(access.authenticate(guessed)).rejects.toMatchObject({ code: 'access/bad-key' });
    await expect(access.authenticate(bearer(ada))).resolves.toMatchObject({ actor: 'ada' });
  });

  it('are accepted from the cache for an hour while the log is unavailable', async () => {
    await access.authenticate(bearer(ada));
    unavailable = true;
    clock.instant = '2024-01-01T00:59:59.000Z';
    await expect(access.authenticate(bearer(ada))).resolves.toMatchObject({ actor: 'ada' });
    expect(reads).toHaveLength(1);
    await expect(access.authenticate(bearer(bob))).rejects.toMatchObject({ code: 'log/unavailable' });
    clock.instant = '2024-01-01T01:00:00.000Z';
    await expect(access.authenticate(bearer(ada))).rejects.toMatchObject({ code: 'log/unavailable' });
  });
});
