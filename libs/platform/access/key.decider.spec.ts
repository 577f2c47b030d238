import { specFor } from '@baton/kernel/testing';
import { keyDecider } from './key.decider';

const given = specFor(keyDecider);
const made = {
  keyId: 'k1',
  label: 'ops',
  origin: 'person' as const,
  roles: ['admin'] as ('admin' | 'sales')[],
  hash: 'a'.repeat(64),
};
const issued = { type: 'KeyIssued', data: made } as const;

describe('a bearer key', () => {
  it('is issued', () => given().when({ type: 'IssueKey', data: made }).then(issued));
  it('is not issued twice', () =>
    given(issued).when({ type: 'IssueKey', data: made }).thenRefused('key/already-issued'));
  it('belongs to a person, a system or a connector', () =>
    given()
      .when({ type: 'IssueKey', data: { ...made, origin: 'robot' as 'system' } })
      .thenRefused('command/invalid', 'origin'));
  it('can act for persons only if it belongs to a system', () => {
    const page = { ...made, origin: 'system' as const, actsForPersons: true };
    given().when({ type: 'IssueKey', data: page }).then({ type: 'KeyIssued', data: page });
    for (const origin of ['person', 'connector'] as const)
      given()
        .when({ type: 'IssueKey', data: { ...page, origin } })
        .thenRefused('key/not-a-system', 'actsForPersons');
  });
  it.each([
    ['clock', 'key/reserved-label'],
    ['policy:echo', 'command/invalid'],
    ['import:crm', 'command/invalid'],
  ])('cannot have a label that is reserved for Baton: %s', (label, code) =>
    given()
      .when({ type: 'IssueKey', data: { ...made, label } })
      .thenRefused(code, 'label'),
  );
  it('must have a role', () =>
    given()
      .when({ type: 'IssueKey', data: { ...made, roles: [] } })
      .thenRefused('key/no-role', 'roles'));
  it('must have a role that exists', () =>
    given()
      .when({ type: 'IssueKey', data: { ...made, roles: ['root' as 'admin'] } })
      .thenRefused('command/invalid', 'roles.0'));
  it('is revoked', () =>
    given(issued)
      .when({ type: 'RevokeKey', data: { keyId: 'k1' } })
      .then({ type: 'KeyRevoked', data: { keyId: 'k1' } }));
  it('revoked again records nothing', () =>
    given(issued, { type: 'KeyRevoked', data: { keyId: 'k1' } })
      .when({ type: 'RevokeKey', data: { keyId: 'k1' } })
      .then());
  it('cannot be revoked before it exists', () =>
    given()
      .when({ type: 'RevokeKey', data: { keyId: 'k1' } })
      .thenRefused('key/unknown'));
});
