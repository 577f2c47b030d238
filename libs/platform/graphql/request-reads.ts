import { codeOf, type BatonError, type Journal, type Json, type Sealed } from '@baton/kernel';
import DataLoader from 'dataloader';
import {
  GraphQLError,
  Kind,
  type ExecutionResult,
  type FragmentDefinitionNode,
  type GraphQLResolveInfo,
  type SelectionSetNode,
} from 'graphql';
import { PersonalReads, type CallerIdentity, type RecordAccess } from '../access';

/** Where a field stands in its request. */
type Place = Pick<GraphQLResolveInfo, 'path' | 'operation' | 'fragments'>;
interface RootReads {
  readonly reads: PersonalReads;
  readonly loader: DataLoader<Sealed, Json | undefined>;
}

const KINDS = { query: 'Query', mutation: 'Mutation', subscription: 'Subscription' } as const;

const orNull = (value: Json | undefined): Json => value ?? null;

/** The field that stands in the answer under this name. */
const fieldNamed = (
  key: string,
  { selections }: SelectionSetNode,
  fragments: Readonly<Record<string, FragmentDefinitionNode>>,
): string | undefined => {
  for (const selection of selections) {
    if (selection.kind === Kind.FIELD) {
      if ((selection.alias ?? selection.name).value === key) return selection.name.value;
      continue;
    }
    const inner = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments[selection.name.value];
    const found = inner && fieldNamed(key, inner.selectionSet, fragments);
    if (found !== undefined) return found;
  }
  return undefined;
};

/**
 * What one request is shown of people. Each field at the root of an operation is a question of its own, recorded by the
 * name of the field: names that a caller chooses say nothing. Where it cannot be recorded, personal fields are null and
 * the answer has one error that says so; the rest of it stands.
 */
export class RequestReads {
  private readonly roots = new Map<string, RootReads>();
  /** Why personal values were not shown. */
  withheld: BatonError | undefined;

  constructor(
    private readonly journal: Pick<Journal, 'open'>,
    private readonly record: RecordAccess,
    private readonly caller: CallerIdentity,
  ) {}

  /** The reads of the root field that a field stands below. */
  at(place: Place): PersonalReads {
    return this.rootOf(place).reads;
  }

  /** Opens a value, with one call for all that are asked for at once; null after an erasure, or if it is withheld. */
  open(value: Sealed, place: Place): Promise<Json> {
    return this.rootOf(place).loader.load(value).then(orNull, this.withhold);
  }

  private readonly withhold = (error: unknown): null => {
    if (codeOf(error) !== 'access/not-recorded') throw error;
    this.withheld = error as BatonError;
    return null;
  };

  private rootOf({ path, operation, fragments }: Place): RootReads {
    let root = path;
    while (root.prev) root = root.prev;
    const key = String(root.key);
    let known = this.roots.get(key);
    if (!known) {
      const name = fieldNamed(key, operation.selectionSet, fragments) ?? key;
      const reads = new PersonalReads(this.journal, this.record, this.caller, `${KINDS[operation.operation]}.${name}`);
      const loader = new DataLoader<Sealed, Json | undefined>(
        (values) => reads.open(values) as Promise<(Json | undefined | Error)[]>,
        { cache: false },
      );
      this.roots.set(key, (known = { reads, loader }));
    }
    return known;
  }
}

/** The answer, with the error that tells why personal values are not in it. */
export const withWithheld = (result: ExecutionResult, { withheld }: RequestReads): ExecutionResult =>
  withheld
    ? { ...result, errors: [...(result.errors ?? []), new GraphQLError(withheld.message, { originalError: withheld })] }
    : result;
