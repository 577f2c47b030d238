import type { AroundFold } from '../runner';
import type { Metrics } from './metrics';
import { traced } from './trace';

/** Counts, measures and traces each fold that begins at the start of the log: rebuilds, replays and refolds. */
export const aroundFoldOf =
  (metrics: Metrics): AroundFold =>
  async (kind, readModel, work) => {
    const ended = metrics.startFold(kind, readModel);
    try {
      return await traced(kind, { 'baton.read_model': readModel }, async (span) => {
        let events = 0;
        try {
          return await work((more) => {
            events += more;
            metrics.foldRead(kind, readModel, more);
          });
        } finally {
          span.setAttribute('baton.events', events);
        }
      });
    } finally {
      ended();
    }
  };
