import type { Instant, Look, StoredEvent } from '@baton/kernel';
import { definitionDecider } from './definition.decider';
import type { DefinitionEvent, DefinitionKind } from './definition.events';
import { definitionOf, type DefinitionOf } from './kinds.rules';
import { inForceAt } from './versions.rules';

/**
 * The version of a kind that is in force at an instant, according to a history.
 * @param history the events of `definition-<kind>`, oldest first
 * @returns undefined where no version is in force
 */
const definitionInForceFrom = <K extends DefinitionKind>(
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

/** For policies: the version of a kind that is in force at an instant, read from its stream up to the event handled. */
export const lookUpDefinition = async <K extends DefinitionKind>(
  look: Look,
  kind: K,
  at: Instant,
): Promise<DefinitionOf<K> | undefined> => definitionInForceFrom(kind, await look(definitionDecider, kind), at);
