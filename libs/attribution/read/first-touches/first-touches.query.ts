import type { Instant, Team } from '@baton/kernel';
import type { ReadModels } from '@baton/platform/documents';
import { applyMethod, selectJourneyTouches, type Method } from '../attribution/attribution.rules';
import { openJourneys } from '../conversions/conversions.query';
import { conversionsOf } from '../credit/earlier-conversions.query';
import { rowStates } from '../journeys/journey-columns.rules';
import { journeyColumns } from '../journeys/journeys.columns';
import { PackedPath } from '../journeys/packed-path.rules';
import type { ClassifiedKind } from '../journeys/touch-kinds.rules';

/** How the journey of a deal began. */
export interface FirstTouch {
  readonly opportunityId: string;
  readonly team: Team;
  readonly channel: string;
  readonly campaign: string | undefined;
  readonly source: string | undefined;
}
const firstTouchOf = (opportunityId: string, { team, channel, campaign, source }: ClassifiedKind): FirstTouch => ({
  ...{ opportunityId, team, campaign, source },
  channel: channel!, // classified
});

/**
 * The first touch of each deal that its method weighs: of closed deals that of the recorded journey, of open ones that of
 * the journey so far. Deals without such a touch are left out.
 * @param at until when the journeys of open deals go
 * @throws Refused as `applyMethod`
 */
export const firstTouches = async (models: ReadModels, method: Method, at: Instant): Promise<readonly FirstTouch[]> => {
  const ready = applyMethod(method);
  const conversions = await conversionsOf(models, method, at);
  const found: FirstTouch[] = [];
  for await (const journey of openJourneys(models, at)) {
    const [touch] = selectJourneyTouches(journey, ready, conversions).selection.eligible.touches;
    if (touch) found.push(firstTouchOf(journey.journeyId, touch));
  }
  const columns = await models.columns(journeyColumns);
  const classified = columns.kinds.classifiedBy(ready.rulesKey, ready.classify);
  const path = new PackedPath(columns, ready.path, classified, ready.restart ? columns.conversions(at) : undefined);
  for (let row = 0; row < columns.size; row++) {
    if (columns.state[row] === rowStates.none) continue;
    path.select(row);
    if (path.length > 0) found.push(firstTouchOf(columns.ids[row]!, path.touch(0)));
  }
  return found;
};
