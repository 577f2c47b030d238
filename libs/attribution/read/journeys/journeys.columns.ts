import type { ColumnsOf } from '@baton/platform/documents';
import { JourneyColumns } from './journey-columns.rules';
import { journeys, type JourneyDocument } from './journeys.projection';

/** The packed columns of `journeys`. */
export const journeyColumns: ColumnsOf<JourneyDocument, JourneyColumns> = {
  of: journeys,
  empty: () => new JourneyColumns(),
};
