import { specFor } from '@baton/kernel/testing';
import { personDecider } from './person.decider';

const given = specFor(personDecider);
const entry = { personId: 'ada', team: 'sales', manager: 'bea' };
const set = { type: 'DirectoryEntrySet', data: entry } as const;

describe('an entry of the directory', () => {
  it('is set, and replaced as a whole', () => {
    given().when({ type: 'SetDirectoryEntry', data: entry }).then(set);
    const moved = { personId: 'ada', team: 'success', name: 'Ada L', activeFrom: '2024-01-01', activeTo: '2024-01-01' };
    given(set).when({ type: 'SetDirectoryEntry', data: moved }).then({ type: 'DirectoryEntrySet', data: moved });
  });
  it('is refused with a zone that does not exist, and an end before its start', () => {
    const wrong = (more: object) => given().when({ type: 'SetDirectoryEntry', data: { ...entry, ...more } });
    expect(() => wrong({ timeZone: 'Mars/Base' }).decided()).toThrow(
      expect.objectContaining({ code: 'time/unknown-zone', path: 'timeZone' }) as Error,
    );
    wrong({ activeFrom: '2024-02-01', activeTo: '2024-01-31' }).thenRefused('directory/ends-before-start', 'activeTo');
  });
  it('is erased once, and only if there is one', () => {
    const erase = { type: 'EraseDirectoryEntry', data: { personId: 'ada' } } as const;
    const erased = { type: 'DirectoryEntryErased', data: { personId: 'ada' } } as const;
    given().when(erase).thenRefused('directory/unknown', 'personId');
    given(set).when(erase).then(erased);
    given(set, erased).when(erase).then();
  });
});
