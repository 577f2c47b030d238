import type { FirstTouch } from '@baton/attribution';
import { FactRows, textOf, type JoinedDimension, type LoadedFact } from '../fact.rules';

/** How the journeys of deals began, under the method of the question; a row for each deal with an eligible touch. */
export const firstTouchFact: LoadedFact<FirstTouch> = {
  name: 'first touches',
  description: 'The first eligible touch of the journey of each deal.',
  entity: 'Opportunity',
  dimensions: {},
  columnKinds: { channel: 'text', campaign: 'text', source: 'text', team: 'text' },
  pack: (touches) => {
    const rows = new FactRows<FirstTouch, FirstTouch>({
      rows: (touch) => [{ id: touch.opportunityId, entity: touch.opportunityId, row: touch }],
      columns: {
        channel: textOf(({ channel }) => channel),
        campaign: textOf(({ campaign }) => campaign),
        source: textOf(({ source }) => source),
        team: textOf(({ team }) => team),
      },
    });
    for (const touch of touches) rows.put(touch.opportunityId, touch);
    return rows;
  },
};

/**
 * A dimension of the first eligible touch of the journey of a deal.
 * @param orElse the column that counts where there is no such touch
 */
export const ofFirstTouch = (column: 'channel' | 'campaign' | 'source' | 'team', orElse?: string): JoinedDimension => ({
  ...{ through: 'opportunityId', fact: () => firstTouchFact, column },
  ...(orElse !== undefined && { orElse }),
});
