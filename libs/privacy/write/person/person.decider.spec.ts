import { specFor } from '@baton/kernel/testing';
import { personDecider } from './person.decider';

const given = specFor(personDecider);
const leadId = 'ada';
const requested = (scope: 'person' | 'lead' = 'person') =>
  ({ type: 'ErasureRequested', data: { leadId, scope, reason: 'request', reference: 'DSR-1' } }) as const;
const erased = { type: 'PersonErased', data: { leadId } } as const;
const held = { type: 'LegalHoldPlaced', data: { leadId, hold: 'case-7', reason: 'litigation' } } as const;
const released = { type: 'LegalHoldReleased', data: { leadId, hold: 'case-7' } } as const;
const because = { leadId, reason: 'request', reference: 'DSR-1' } as const;

describe('an erasure', () => {
  const erase = { type: 'EraseLead', data: because } as const;
  const request = { type: 'RequestErasure', data: because } as const;
  const complete = { type: 'CompleteErasure', data: { leadId } } as const;
  it('is decided for the person', () => given().when(erase).then(requested()));
  it('is decided for one of the leads of the person', () => given().when(request).then(requested('lead')));
  it('is decided once, whoever asks again', () => {
    for (const again of [erase, request]) {
      given(requested()).when(again).then();
      given(requested(), erased).when(again).then();
    }
  });
  it('is stopped by a legal hold, until that is released', () => {
    for (const type of [erase, request]) {
      given(held).when(type).thenRefused('privacy/on-hold', 'leadId');
      given(held, released)
        .when(type)
        .then(requested(type === erase ? 'person' : 'lead'));
    }
  });
  it('is recorded when the key is destroyed, once', () => {
    given(requested()).when(complete).then(erased);
    given(requested(), erased).when(complete).then();
  });
  it('is not recorded if nobody decided it', () => given().when(complete).thenRefused('privacy/not-requested'));
  it('has a reason and a reference that are no free text', () => {
    const refused = (data: object) =>
      given()
        .when({ type: 'EraseLead', data: { ...because, ...data } } as never)
        .thenRefused('command/invalid');
    for (const text of ['ada@example.org', 'she asked', '']) refused({ reference: text });
    refused({ reason: 'she asked' });
  });
});

describe('consent', () => {
  const about = { leadId, purpose: 'newsletter', channel: 'email', source: 'webinar-form' } as const;
  const [noon, one, two] = ['12', '13', '14'].map((hour) => `2024-01-01T${hour}:00:00.000Z`) as [
    string,
    string,
    string,
  ];
  const give = (textVersion = '1') => ({ type: 'GiveConsent', data: { ...about, textVersion } }) as const;
  const given_ = (textVersion = '1', occurredAt?: string) =>
    ({ type: 'ConsentGiven', data: { ...about, textVersion }, ...(occurredAt && { occurredAt }) }) as const;
  const withdraw = { type: 'WithdrawConsent', data: about } as const;
  const withdrawn = (occurredAt?: string) =>
    ({ type: 'ConsentWithdrawn', data: about, ...(occurredAt && { occurredAt }) }) as const;
  it('is given, once for each text', () => {
    given().when(give()).then(given_());
    given(given_('1', noon)).at(one).when(give()).then();
    given(given_('1', noon)).at(one).when(give('2')).then(given_('2'));
    given(given_('1', noon), withdrawn(one)).at(two).when(give()).then(given_());
  });
  it('is withdrawn, also by somebody who has not given it, once', () => {
    given(given_('1', noon)).at(one).when(withdraw).then(withdrawn());
    given().when(withdraw).then(withdrawn());
    given(withdrawn(noon)).at(one).when(withdraw).then();
  });
  it('that was given earlier and is recorded later does not undo a withdrawal', () => {
    given(withdrawn(one)).at(noon).when(give()).then(given_());
    given(withdrawn(one), given_('1', noon)).at(two).when(withdraw).then();
  });
  it('is not recorded for a person who is erased', () => {
    given(requested()).when(give()).thenRefused('privacy/erased');
    given(requested(), erased).when(withdraw).thenRefused('privacy/erased');
  });
  it('has codes and no free text', () => {
    for (const data of [{ purpose: 'News letter' }, { source: 'she said so' }, { channel: 'pigeon' }])
      given()
        .when({ type: 'WithdrawConsent', data: { ...about, ...data } } as never)
        .thenRefused('command/invalid');
  });
});

describe('a legal hold', () => {
  const place = { type: 'PlaceLegalHold', data: held.data } as const;
  const release = { type: 'ReleaseLegalHold', data: released.data } as const;
  it('is placed, once', () => {
    given().when(place).then(held);
    given(held).when(place).then();
    given(held, released).when(place).then(held);
  });
  it('comes too late once the erasure was decided', () => {
    given(requested()).when(place).thenRefused('privacy/erased');
    given(requested(), erased).when(place).thenRefused('privacy/erased');
  });
  it('is released', () => given(held).when(release).then(released));
  it('is released by its name only', () => given().when(release).thenRefused('privacy/no-such-hold', 'hold'));
});
