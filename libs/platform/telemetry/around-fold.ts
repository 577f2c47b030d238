import type { AroundFold } from '../runner';
import type { Metrics } from './metrics';
import { traced } from './trace';

/** Counts, measures and traces each fold from the start of the log: rebuilds, replays and refolds. */
export const aroundFoldOf =
  (metrics: Metrics): AroundFold =>
  async (kind, readModel, work) => {
    const endFold = metrics.startFold(kind, readModel);
    try {
      return await traced(kind, { 'baton.read_model': readModel }, async (span) => {
        let events = 0;
        try {
          return await work((read) => {
            events += read;
            metrics.foldRead(kind, readModel, read);
          });
        } finally {
          span.setAttribute('baton.events', events);
        }
      });
    } finally {
      endFold();
    }
  };
