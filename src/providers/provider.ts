import type { ClassType } from 'type-graphql';
import type { CallBounds } from '../http/admission.ts';
import type { ProviderName } from '../http/provider-error.ts';
import type { HttpDeps } from '../http/provider-http.ts';
import type { BadgeFields, BadgeList, BadgeSurroundings } from './badge-list.ts';
import type { UrlRule } from './graph-types.ts';
import type { ProviderSettings, ProviderValues } from './settings.ts';

/**
 * What a provider's folder offers to the rest of the service. Code outside the folder does not know the provider's
 * API. Functions on inputs and clients are declared as methods, so that each provider can use its own types.
 */
export interface Provider {
  /** The name of its field in every one-of input. */
  readonly key: string;
  /** Its value in the enum `BadgeProvider`, and its human-readable name. */
  readonly name: ProviderName;
  readonly settings: ProviderSettings;
  /**
   * How many requests the provider accepts from one tenant: at most `requests` in any period of `windowMs`. All
   * windows apply at the same time. Empty: the provider documents no limit. A tenant's own limit replaces that of the
   * first window, and the other windows shrink in proportion.
   */
  readonly requestWindows: readonly { readonly requests: number; readonly windowMs: number }[];
  readonly badgeClass: ClassType<BadgeFields>;
  /** The operations on badges. An operation that is absent here is absent from the inputs. */
  readonly operations: Readonly<Partial<Record<OperationKind, Operation>>>;
  /** Codes of warnings that only its operations return, with their descriptions in the graph. */
  readonly warnings: Readonly<Record<string, string>>;
  /** The input fields of what every badge has, by their own names: `{ title: 'name' }`. */
  readonly sharedFields: Readonly<Record<string, SharedField>>;
  /** What a list can be restricted to that only its badges have. Absent: nothing. */
  readonly filter?: ProviderFilter;
  /** Resolver classes with the provider's own queries. */
  readonly resolvers: readonly ClassType[];
  readonly example: ProviderExample;
  readonly check: ProviderCheck;

  /** What its badge IDs look like, as the end of "A badge ID of the provider has": `24 hexadecimal digits (inferred)`. */
  readonly badgeIdForm: string;

  /** Whether a string can be an ID of a badge. Only such strings are ever put into a path. */
  isBadgeId(id: string): boolean;
  /**
   * The one spelling of an ID, of several that the provider accepts as equal. Only this one is compared, stored and
   * sent.
   */
  canonicalId(id: string): string;
  /** The input of a write with all its IDs in that spelling. */
  canonicalInput<Input extends object>(input: Input): Input;
  /**
   * Creates a badge from a stored `record` of an earlier one, with the settings of its tenant. Null: it cannot be
   * read.
   */
  restoreBadge(record: unknown, surroundings: BadgeSurroundings): BadgeFields | null;
  /** The same badge with a mark for written values that the provider does not show. Absent if it shows all values. */
  withHiddenRevision?(badge: BadgeFields, revision: string | undefined): BadgeFields;
  createClient(values: ProviderValues, options: ClientOptions): ProviderClient;
}

/** Parts that most providers do not need. */
type Optional = Pick<
  Provider,
  'requestWindows' | 'warnings' | 'resolvers' | 'canonicalId' | 'canonicalInput'
>;

/** What a folder states about its provider. Operations and reads use the provider's own client and badge type. */
interface ProviderDefinition<Client extends ProviderClient, Badge extends BadgeFields, Kept>
  extends Omit<Provider, keyof Optional | 'restoreBadge' | 'operations'>, Partial<Optional> {
  readonly badgeClass: new (record: Kept, surroundings: BadgeSurroundings) => Badge;
  /** Reads a stored record. */
  readonly recordSchema: { safeParse(record: unknown): { data?: Kept | undefined } };
  readonly operations: Readonly<
    Partial<Record<OperationKind, OwnOperation<NoInfer<Client>, NoInfer<Badge>>>>
  >;
  readonly check: ProviderCheck & {
    readonly reads: readonly {
      readonly send: (client: NoInfer<Client>, bounds: CallBounds) => Promise<unknown>;
    }[];
  };
  createClient(values: ProviderValues, options: ClientOptions): Client;
}

/** Properties instead of methods, because TypeScript accepts narrower parameter types in methods. */
interface OwnOperation<Client extends ProviderClient, Badge extends BadgeFields> extends Operation {
  readonly prepare?: (client: Client, input: never, bounds: CallBounds) => Promise<Prepared>;
  readonly plan: (input: never, basis: PlanBasis<Badge, never>) => WritePlan;
  readonly send: (
    client: Client,
    write: { input: never; body: object; found: never },
    bounds: CallBounds,
  ) => Promise<readonly Badge[] | null>;
}

/** The provider as the rest of the service knows it. An operation of another provider does not compile here. */
export function defineProvider<Client extends ProviderClient, Badge extends BadgeFields, Kept>(
  definition: ProviderDefinition<Client, Badge, Kept>,
): Provider {
  const { recordSchema, badgeClass } = definition;
  return {
    requestWindows: [],
    warnings: {},
    resolvers: [],
    canonicalId: (id) => id,
    canonicalInput: (input) => input,
    ...definition,
    restoreBadge(record, surroundings) {
      const { data } = recordSchema.safeParse(record);
      return data === undefined ? null : new badgeClass(data, surroundings);
    },
  };
}

/** Restricts a list to badges of one provider, by fields that only they have. */
export interface ProviderFilter<
  Badge extends BadgeFields = BadgeFields,
  Filter extends object = object,
> {
  /** Printed as the type of the provider's field in `BadgeFilter`. Every field of it is optional. */
  readonly inputClass: ClassType<Filter>;
  /** A field that is null or absent restricts nothing. */
  matches(badge: Badge, filter: Filter): boolean;
}

/** The fields that every badge has and a write can change. */
export type SharedField = 'name' | 'description' | 'imageUrl';

export type OperationKind = 'create' | 'update' | 'delete' | 'award' | 'revoke';

/** One kind of write. All functions except `prepare` and `send` are pure. */
export interface Operation<
  Input extends object = object,
  Client extends ProviderClient = ProviderClient,
  Badge extends BadgeFields = BadgeFields,
  Found extends object = object,
> {
  readonly inputClass: ClassType<Input>;
  /** Problems of the input itself, except for its badge IDs. Empty if there are none. */
  check(input: Input, rules: InputRules): InputProblem[];
  /** The badges that must exist, and the input field that names them. Null for a creation. */
  target(input: Input): Target | null;
  /** Whether the write works without reading the badge, because it replaces no value that it does not set. */
  canSkipRead?(input: Input): boolean;
  /** Looks up what the input only refers to, such as a user by e-mail address. */
  prepare?(client: Client, input: Input, bounds: CallBounds): Promise<Prepared<Found>>;
  /**
   * The provider's ID of the member who receives or loses badges. Null: only `prepare` can find it. Absent for other
   * operations.
   */
  memberId?(input: Input, found: Found | undefined): string | null;
  /** Combines the input with the current badge. */
  plan(input: Input, basis: PlanBasis<Badge, Found>): WritePlan;
  /**
   * Sends the write, at most once. Returns the badges in the response; null if it was accepted without the promised
   * body.
   */
  send(
    client: Client,
    write: { input: Input; body: object; found: Found | undefined },
    bounds: CallBounds,
  ): Promise<readonly Badge[] | null>;
  /** The answer to an award shows the badges that the member holds by then, all of them. Absent: it does not. */
  readonly showsMember?: true;
  /**
   * Set for an award or a revocation that changes what the badge shows, but returns no badge: the badge is read again,
   * so that the caller sees its new state.
   */
  readonly isReadAfter?: true;
  /**
   * The badge after the write: what the response or a read shows, on top of what was sent and of the previous values.
   * Absent if the write changes no badge.
   */
  toStanding?(shown: Badge, written: { body: object; before: Badge | undefined }): Badge;
  /**
   * The badge of a response as the next list will show it, as far as `listed`, the badges of the list before the write,
   * tell what lists show: a response may show more, or less. Absent: it is as the response shows it.
   */
  asListed?(shown: Badge, before: { listed: readonly Badge[]; body: object }): Badge;
  /** The badge as the provider will show it if the write takes effect as sent. Absent if the write sets no fields. */
  toExpected?(body: object, before: Badge): Badge;
  /** The fields of a body that a badge shows with a different value. Absent if the write sets no fields. */
  fieldsNotAsSent?(body: object, badge: Badge): string[];
  /** The value of a field as in `changes`. Undefined: the badge does not show the field. */
  valueOf?(badge: Badge, field: string): unknown;
  /** Whether a later read (null: the badge is gone) proves that the write took effect. Absent if no read can. */
  isConfirmedBy?(plan: Pick<WritePlan, 'body'>, badge: Badge | null): boolean;
}

export interface Target {
  field: string;
  ids: readonly string[];
  /** Only for a single badge. */
  isLocked: boolean;
}

/** What `prepare` found, for `plan` and `send`, or the problems of the input. */
export type Prepared<Found = object> = { found: Found } | { problems: InputProblem[] };

export interface PlanBasis<Badge extends BadgeFields = BadgeFields, Found extends object = object> {
  /** What `prepare` found. Undefined: there is no such step. */
  found: Found | undefined;
  /** Undefined for a creation, or for a complete input whose read failed. */
  current: Badge | undefined;
  /** What this service wrote last. Null: it wrote nothing, or no record of it exists. */
  remembered: RememberedFields | null;
  /** The badges of the target that the member already holds, as far as this service knows. */
  knownHeld?: readonly string[];
}

/** Values by field, with the time at which they were written. */
export interface RememberedFields {
  readonly values: Readonly<Record<string, unknown>>;
  /** ISO 8601. */
  readonly at: string;
  /** Possible records of the badge right after that write. Empty: unknown. */
  readonly left: readonly unknown[];
}

export interface InputRules {
  isImageUrl: UrlRule;
}

export interface InputProblem {
  code: 'INVALID_INPUT' | 'HIDDEN_FIELDS_UNKNOWN' | 'NOT_FOUND';
  message: string;
  /** Paths in the provider's input. An empty path is the input as a whole. */
  fields: readonly (readonly string[])[];
}

/** Immutable. */
export interface WritePlan {
  /** The JSON to send. */
  readonly body: object;
  /** The intended values after the write, by field, which are remembered. Null: the provider needs no memory. */
  readonly writtenValues: Readonly<Record<string, unknown>> | null;
  /** The writable fields that the input sets. */
  readonly givenFields: readonly string[];
  /** Only fields whose value changes. */
  readonly changes: readonly FieldChange[];
  readonly warnings: readonly Warning[];
  /** Reasons not to send the write. Empty if there are none. */
  readonly problems: readonly InputProblem[];
}

export interface FieldChange {
  /** The name of the input field. */
  field: string;
  /** JSON text. Null if the previous value is unknown. */
  before: string | null;
  /** JSON text. */
  after: string;
}

export interface Warning {
  /** One of the common codes in `providers/index.ts`, or one of the provider's own. */
  readonly code: string;
  readonly message: string;
  /** Names of fields of the input, given or not. */
  readonly fields: readonly string[];
}

/** What a provider's own query can use of the request. */
export interface ProviderContext {
  /** Throws a `ProviderError` if the provider is not configured. */
  clientOf(providerKey: string): ProviderClient;
  /**
   * Badges that a client has just read without using the list. If the provider does not show a recent write yet, the
   * badge is returned as this service's last write left it.
   */
  withRecentWrites(
    providerKey: string,
    badges: readonly BadgeFields[],
  ): Promise<readonly BadgeFields[]>;
  /** For the calls of a query. */
  readonly bounds: CallBounds;
}

/**
 * One provider's client for one tenant. Only the provider's own folder knows its further calls. Rejects with a
 * `ProviderError` only.
 */
export interface ProviderClient {
  /** `last` is an earlier list of this client: if it did not change, it is returned, and otherwise its equal badges are. */
  listBadges(bounds: CallBounds, last?: BadgeList): Promise<BadgeList>;
  close: () => Promise<void>;
}

export interface ClientOptions {
  isImageUrl: UrlRule;
  http: HttpDeps;
}

/** Examples for the playground and the documentation, which work on the sandbox. */
export interface ProviderExample {
  badgeId: string;
  /** The provider's own fields, as a selection set. */
  selection: string;
  operations: readonly ExampleMutation[];
}

interface ExampleMutation {
  kind: OperationKind;
  operationName: string;
  input: object;
  expectedVersion?: string;
  /** What to notice. Left out if the name says it. */
  about?: string;
  dryRun?: true;
  idempotencyKey?: string;
}

/**
 * The calls that check whether the real provider follows its contract file. The contract file uses the operation names
 * `listBadges`, `createBadge`, `updateBadge` and `deleteBadge`, as far as the provider has them.
 */
export interface ProviderCheck {
  readonly contract: URL;
  /** They change nothing, and do not name a real member. */
  readonly reads: readonly CheckedRead[];
  readonly scratch: ScratchBadge;
  /** Fields that may contain the ID in a record of a badge. */
  readonly idFields: readonly string[];
}

interface CheckedRead {
  /** Its operation in the contract file. */
  readonly operation: string;
  /** The settings that the call needs, and that may be wrong if it is rejected. It is skipped if they are not set. */
  readonly settings: readonly string[];
  /** Whether it looks up a member, so that no part of its response may be reported. */
  readonly isOfMember?: boolean;
  send(this: void, client: ProviderClient, bounds: CallBounds): Promise<unknown>;
}

/** A badge that the check creates for itself, to test what reads cannot show. It is of no use to members. */
export interface ScratchBadge {
  readonly nameField: string;
  /** Values that are written besides the name. They differ from the values after a reset. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Fields besides the name without which an update is rejected. */
  readonly requiredFields: readonly string[];
  /** One field of each kind, which is written in different ways and read back. */
  readonly textField: string;
  readonly numberField: string;
  readonly urlField: string;
  /** The fields for which null is tried. */
  readonly nullFields: readonly string[];
}
