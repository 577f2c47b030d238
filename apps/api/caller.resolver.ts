import { Args, ArgsType, Field, ID, Int, ObjectType, Query, Resolver } from '@nestjs/graphql';
import { enumeration, EventLog, callerOrigins, Refused, type CallerOrigin, type Role } from '@baton/kernel';
import type { CallerIdentity } from '@baton/platform/access';
import { Allow, Caller, enumOf, everyRole } from '@baton/platform/graphql';

const RoleEnum = enumOf(
  enumeration<Role>('Role', 'A role of a caller. The access matrix says which operations each role may call.', {
    marketing: 'The marketing team.',
    sales: 'The sales team.',
    success: 'The customer success team.',
    revops: 'Revenue operations: the definitions and figures that both teams share.',
    analyst: 'Reads figures, without personal data.',
    auditor: 'Reads how everything was recorded and decided.',
    admin: 'Runs Baton.',
  }),
);
const OriginEnum = enumOf(callerOrigins);

@ObjectType('Me', { description: 'Who calls, as this key or token says.' })
class MeType {
  @Field(() => String, { description: 'The actor of every event that this caller makes.' })
  name!: string;
  @Field(() => [RoleEnum], { description: 'What the caller may do.' })
  roles!: readonly Role[];
  @Field(() => OriginEnum, { description: 'What the caller is.' })
  origin!: CallerOrigin;
}

@ArgsType()
class StreamArgs {
  @Field(() => ID, { description: 'The kind of what a mutation speaks to, and its id: `lead-ada`, `opportunity-d1`.' })
  stream!: string;
}

@Resolver()
export class CallerResolver {
  constructor(private readonly log: EventLog) {}

  @Query(() => MeType, { description: 'Who calls: the name under which it acts, and what it may do.' })
  @Allow(...everyRole)
  me(@Caller() { actor, roles: granted, origin }: CallerIdentity): MeType {
    return { name: actor, roles: granted, origin };
  }

  @Query(() => Int, {
    nullable: true,
    description: 'The revision of a stream, to be given as `expectedRevision`; null where nothing was recorded of it.',
  })
  @Allow(...everyRole)
  async revision(@Args() { stream }: StreamArgs): Promise<number | null> {
    if (!/^[a-z]+(-[a-z]+)*-./.test(stream))
      throw new Refused('stream/bad-name', 'stream must be a kind and an id, such as lead-ada.', 'stream');
    return (await this.log.read(stream)).at(-1)?.revision ?? null;
  }
}
