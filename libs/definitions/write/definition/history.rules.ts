import type { Instant, Look, StoredEvent } from '@baton/kernel';
import { definitionDecider } from './definition.decider';
import type { DefinitionEvent, DefinitionKind } from './definition.events';
import { definitionOf, type DefinitionOf } from './kinds.rules';
import { inForceAt } from './versions.rules';

/**
 * The version of a kind that decides at an instant, as far as its history is known.
 * @param history the events of `definition-<kind>`, oldest first
 * @returns undefined where both teams have agreed on none yet
 */
const definitionFrom = <K extends DefinitionKind>(
  kind: K,
  history: readonly StoredEvent<DefinitionEvent>[],
  at: Instant,
): DefinitionOf<K> | undefined => {
  const { versions } = history.reduce(
    (state, event) => definitionDecider.evolve(state, event),
    definitionDecider.initialState(),
  );
  const version = inForceAt(versions, at);
  return version && definitionOf(kind, version.number, version.body);
};

/** For policies, which read streams: the version of a kind that decides at an instant, as far as it was known then. */
export const lookUpDefinition = async <K extends DefinitionKind>(
  look: Look,
  kind: K,
  at: Instant,
): Promise<DefinitionOf<K> | undefined> => definitionFrom(kind, await look(definitionDecider, kind), at);
