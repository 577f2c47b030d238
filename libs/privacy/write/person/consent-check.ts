import { Journal, refuse, type MakeMessageCheck } from '@baton/kernel';
import { consentKeyOf, type Consent } from './person.decider';
import { leadsOfPerson, personOf } from './person.reader';

/**
 * Refuses a message to a lead for which the person has not agreed: what was said last counts, on whichever of the merged
 * leads it was recorded. Messages to our own people pass.
 */
export const consentCheck: MakeMessageCheck =
  (get) =>
  async ({ toLead, leadId }) => {
    if (!toLead || leadId === undefined) return undefined;
    const journal = get(Journal);
    const person = await leadsOfPerson(journal, leadId);
    const records = await Promise.all((person?.leadIds ?? []).map((id) => personOf(journal, id)));
    if (records.some(({ erasure }) => erasure !== 'none'))
      return refuse('privacy/erased', 'The person was erased; no message is sent.', 'leadId');
    const said = records.map(({ consents }) => consents[consentKeyOf(toLead)]).filter((one) => one !== undefined);
    // Of two answers at one instant the one that keeps the person from being contacted counts.
    const last = said.reduce<Consent | undefined>(
      (latest, one) => (latest && (latest.at > one.at || (latest.at === one.at && !latest.given)) ? latest : one),
      undefined,
    );
    return last?.given
      ? undefined
      : refuse('privacy/no-consent', 'The person has not agreed to be contacted for this by this channel.', 'toLead');
  };
