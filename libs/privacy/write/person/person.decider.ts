import { decider, refuse, type Instant, type Refused } from '@baton/kernel';
import { personCommands, personEvents, type PersonCommand, type PersonEvent } from './person.events';

export interface Person {
  /** The legal holds that stand. */
  readonly holds: readonly string[];
  readonly erasure: 'none' | 'requested' | 'done';
  /** What the person said last about each purpose and channel, by `consentKeyOf`. */
  readonly consents: Readonly<Record<string, Consent>>;
}
export interface Consent {
  readonly given: boolean;
  /** When the person said so. */
  readonly at: Instant;
  /** The version of the text that was agreed to. */
  readonly textVersion?: string;
}

export const consentKeyOf = ({ purpose, channel }: { readonly purpose: string; readonly channel: string }): string =>
  `${purpose} ${channel}`;
/** The state after something was said; what was said earlier and recorded later does not count. */
const withConsent = (state: Person, about: Parameters<typeof consentKeyOf>[0], consent: Consent): Person => {
  const key = consentKeyOf(about);
  const known = state.consents[key];
  return known && known.at > consent.at ? state : { ...state, consents: { ...state.consents, [key]: consent } };
};

/** The refusal to erase a person who is on hold; undefined if nothing keeps it. */
export const holdRefusal = ({ holds }: Person, leadId: string): Refused | undefined =>
  holds.length === 0
    ? undefined
    : refuse(
        'privacy/on-hold',
        `Lead ${leadId} is under legal hold (${holds.join(', ')}); release it with ReleaseLegalHold first.`,
        'leadId',
        { leadId, holds },
      );

const alreadyErased = () =>
  refuse('privacy/erased', 'The erasure of this person was decided; nothing can be added.', 'leadId');

type Erasure = Extract<PersonEvent, { type: 'ErasureRequested' }>['data'];
const erasure = (
  state: Person,
  data: Omit<Erasure, 'scope'>,
  scope: Erasure['scope'],
): readonly PersonEvent[] | Refused =>
  state.erasure === 'none'
    ? (holdRefusal(state, data.leadId) ?? [{ type: 'ErasureRequested', data: { ...data, scope } }])
    : []; // erased is erased, whoever asks again

/** The rights of one person: legal holds, and the erasure, which is decided first and recorded once it is done. */
export const personDecider = decider<Person, PersonCommand, PersonEvent>({
  commands: personCommands,
  events: personEvents,
  initialState: () => ({ holds: [], erasure: 'none', consents: {} }),
  decide: {
    EraseLead: (state, { data }) => erasure(state, data, 'person'),
    RequestErasure: (state, { data }) => erasure(state, data, 'lead'),
    CompleteErasure: (state, { data }) => {
      if (state.erasure === 'done') return [];
      if (state.erasure === 'none')
        return refuse('privacy/not-requested', 'The erasure of this lead was not decided.', 'leadId');
      return [{ type: 'PersonErased', data }];
    },
    GiveConsent: (state, { data }, { now }) => {
      if (state.erasure !== 'none') return alreadyErased();
      const known = state.consents[consentKeyOf(data)];
      const isKnown = known?.given === true && known.textVersion === data.textVersion && known.at <= now;
      return isKnown ? [] : [{ type: 'ConsentGiven', data }];
    },
    WithdrawConsent: (state, { data }, { now }) => {
      if (state.erasure !== 'none') return alreadyErased();
      const known = state.consents[consentKeyOf(data)];
      return known?.given === false && known.at <= now ? [] : [{ type: 'ConsentWithdrawn', data }];
    },
    PlaceLegalHold: (state, { data }) => {
      if (state.erasure !== 'none') return alreadyErased();
      return state.holds.includes(data.hold) ? [] : [{ type: 'LegalHoldPlaced', data }];
    },
    ReleaseLegalHold: (state, { data }) =>
      state.holds.includes(data.hold)
        ? [{ type: 'LegalHoldReleased', data }]
        : refuse('privacy/no-such-hold', 'No hold of this name stands; `privacyRecord` lists those that do.', 'hold'),
  },
  evolve: {
    ErasureRequested: (state) => ({ ...state, erasure: 'requested' }),
    PersonErased: (state) => ({ ...state, erasure: 'done' }),
    ConsentGiven: (state, { data, occurredAt }) =>
      withConsent(state, data, { given: true, at: occurredAt, textVersion: data.textVersion }),
    ConsentWithdrawn: (state, { data, occurredAt }) => withConsent(state, data, { given: false, at: occurredAt }),
    LegalHoldPlaced: (state, { data: { hold } }) => ({ ...state, holds: [...state.holds, hold] }),
    LegalHoldReleased: (state, { data: { hold } }) => ({
      ...state,
      holds: state.holds.filter((one) => one !== hold),
    }),
  },
});
