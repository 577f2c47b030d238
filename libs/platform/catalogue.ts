import { catalogueOf, eventsOf, type ContextParts, type EventSchema } from '@baton/kernel';
import { accessEvents, accessParts } from './access';
import { followerEvents } from './runner';

/** By event type. */
export type EventCatalogue = ReadonlyMap<string, EventSchema>;
/** Every event type of the given contexts and of the platform. */
export const catalogueFor = (contexts: readonly ContextParts[]): EventCatalogue =>
  catalogueOf([...eventsOf([accessParts, ...contexts]), accessEvents, followerEvents]);
