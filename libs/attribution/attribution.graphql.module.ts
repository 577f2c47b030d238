import { Module } from '@nestjs/common';
import { AttributionResolver } from './read/attribution/attribution.resolver';
import { ComparisonResolver } from './read/comparison/comparison.resolver';
import { CreditResolver } from './read/credit/credit.resolver';
import { JourneysResolver } from './read/journeys/journeys.resolver';
import { PathsResolver } from './read/paths/paths.resolver';
import { PeriodsResolver } from './read/periods/periods.resolver';
import { RoasResolver } from './read/roas/roas.resolver';

@Module({
  providers: [
    AttributionResolver,
    ComparisonResolver,
    CreditResolver,
    JourneysResolver,
    PathsResolver,
    PeriodsResolver,
    RoasResolver,
  ],
})
export class AttributionGraphqlModule {}
