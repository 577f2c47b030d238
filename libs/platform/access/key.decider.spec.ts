import { specFor } from '@baton/kernel/testing';
import { key } from './key.decider';

const given = specFor(key);
const made = { keyId: 'k1', label: 'ops', roles: ['admin'] as ('admin' | 'sales')[], hash: 'a'.repeat(64) };
const issued = { type: 'KeyIssued', data: made } as const;

describe('a bearer key', () => {
  it('is issued', () => given().when({ type: 'IssueKey', data: made }).then(issued));
  it('is not issued twice', () =>
    given(issued).when({ type: 'IssueKey', data: made }).thenRefused('key/already-issued'));
  it('has a role', () =>
    given()
      .when({ type: 'IssueKey', data: { ...made, roles: [] } })
      .thenRefused('key/no-role', 'roles'));
  it('has a role that exists', () =>
    given()
      .when({ type: 'IssueKey', data: { ...made, roles: ['root' as 'admin'] } })
      .thenRefused('command/invalid', 'roles.0'));
  it('is revoked', () =>
    given(issued)
      .when({ type: 'RevokeKey', data: { keyId: 'k1' } })
      .then({ type: 'KeyRevoked', data: { keyId: 'k1' } }));
  it('is revoked once', () =>
    given(issued, { type: 'KeyRevoked', data: { keyId: 'k1' } })
      .when({ type: 'RevokeKey', data: { keyId: 'k1' } })
      .then());
  it('cannot be revoked before it exists', () =>
    given()
      .when({ type: 'RevokeKey', data: { keyId: 'k1' } })
      .thenRefused('key/unknown'));
});
