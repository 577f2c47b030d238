import type { Definition, Happened, Instant, Recorded } from '@baton/kernel';
import { definitionDecider } from './definition.decider';
import type { DefinitionEvent } from './definition.events';
import { inForceAt } from './versions.rules';

/**
 * The version of a kind that decides at an instant, as far as its history is known: for policies, which read streams.
 * @param history the events of `definition-<kind>`, oldest first
 * @returns undefined where both teams have agreed on none yet
 */
export const definitionFrom = (kind: string, history: readonly Recorded[], at: Instant): Definition | undefined => {
  const { versions } = history.reduce(
    (state, event) => definitionDecider.evolve(state, event as unknown as Happened<DefinitionEvent>),
    definitionDecider.initialState(),
  );
  const version = inForceAt(versions, at);
  return version && { kind, version: version.number, ref: `${kind}@${version.number}`, body: version.body };
};
