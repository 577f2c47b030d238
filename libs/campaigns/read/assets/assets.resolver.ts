import { Args, Field, ID, ObjectType, Query, Resolver } from '@nestjs/graphql';
import { ReadModels, readPage, type Connection } from '@baton/platform/documents';
import { Allow, connectionOf, everyRole, InstantScalar, PageArgs } from '@baton/platform/graphql';
import { assets } from './assets.projection';

@ObjectType('Asset', { description: 'A registered piece of content.' })
class AssetType {
  @Field(() => ID, { description: 'Id of the asset.' })
  assetId!: string;
  @Field(() => String, { description: 'Value of `content` in touches of this asset; case is ignored.' })
  content!: string;
  @Field(() => String, { nullable: true, description: 'Kind of content: guide, case study, webinar, form …' })
  kind!: string | null;
  @Field(() => InstantScalar, { description: 'When it was registered.' })
  registeredAt!: string;
}
const AssetConnection = connectionOf('Asset', AssetType);

@Resolver()
export class AssetsResolver {
  constructor(private readonly models: ReadModels) {}

  @Query(() => AssetConnection, { description: 'Registered content, by name.' })
  @Allow(...everyRole)
  assets(@Args() { first, after, last, before, asOf }: PageArgs): Promise<Connection<AssetType>> {
    const page = {
      first,
      after,
      last,
      before,
      where: { status: { eq: 'registered' } },
      orderBy: [{ column: 'contentKey' }],
    };
    return readPage(this.models.asOf(asOf), assets, page, (doc) => doc);
  }
}
