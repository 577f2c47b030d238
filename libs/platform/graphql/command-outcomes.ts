import { createUnionType, Field, ID, Int, ObjectType } from '@nestjs/graphql';
import { Accepted, type Outcome } from '@baton/kernel';
import { JsonScalar } from './scalars';

@ObjectType('Accepted', { description: 'The command was accepted, now or when it was first sent.' })
class AcceptedType {
  @Field(() => ID, { description: 'The id of the aggregate; for a create command without an id, the new id.' })
  id!: string;
  @Field(() => String, {
    description: 'The position of its last event in the log; pass it as `atLeast` to read your own write.',
  })
  position!: string;
  @Field(() => Int, { description: 'The revision of the stream after the command; pass it as `expectedRevision`.' })
  revision!: number;
  @Field(() => Int, { description: 'The number of events that the command wrote.' })
  events!: number;
  @Field(() => Boolean, { description: 'Whether this command id had been accepted before.' })
  repeated!: boolean;
}

@ObjectType('Refused', { description: 'A rule refused the command; nothing was written.' })
class RefusedType {
  @Field(() => String, { description: 'The stable code, such as `lead/not-handed-off`.' })
  code!: string;
  @Field(() => String, { description: 'What is wrong and what to do.' })
  message!: string;
  @Field(() => String, { description: 'The path of the field at fault; empty if the state is the reason.' })
  path!: string;
  @Field(() => JsonScalar, { description: 'More facts, such as the id of the lead that already has this e-mail.' })
  details!: unknown;
}

@ObjectType('Failed', {
  description:
    'The command got no answer: a store failed while it was sent, or failed for a command before it. Send the whole batch again with the same commandId.',
})
export class FailedType {
  @Field(() => String, {
    description:
      'The stable code. `command/not-sent`: a command before it failed. With any other code, such as `log/unavailable`, it is not known whether the command was written.',
  })
  readonly code: string;
  @Field(() => String, { description: 'What is wrong and what to do.' })
  readonly message: string;

  constructor(code: string, message: string) {
    this.code = code;
    this.message = message;
  }
}

const typeOf = (outcome: object) => {
  if (outcome instanceof FailedType) return FailedType;
  return outcome instanceof Accepted ? AcceptedType : RefusedType;
};

export const CommandOutcome = createUnionType({
  name: 'CommandOutcome',
  description: 'The outcome of a command.',
  types: () => [AcceptedType, RefusedType] as const,
  resolveType: typeOf,
});

export const BatchCommandOutcome = createUnionType({
  name: 'BatchCommandOutcome',
  description: 'The outcome of a command that was sent with others.',
  types: () => [AcceptedType, RefusedType, FailedType] as const,
  resolveType: typeOf,
});

export type CommandAnswer = Accepted | RefusedType;

/** A refusal is an answer here: GraphQL would take the Error itself for a fault of the resolver. */
export const answerOf = (outcome: Outcome): CommandAnswer => {
  if (outcome instanceof Accepted) return outcome;
  const { code, message, path, details } = outcome;
  return { code, message, path, details };
};
