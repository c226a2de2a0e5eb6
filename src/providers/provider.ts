import type { ClassType } from 'type-graphql';
import type { CallBounds } from '../http/call-options.ts';
import type { ProviderName } from '../http/provider-error.ts';
import type { HttpDeps } from '../http/provider-http.ts';
import type { BadgeFields, BadgeList, BadgeSurroundings } from './badge-list.ts';
import type { UrlRule } from './graph-types.ts';
import type { ProviderSettings, ProviderValues } from './settings.ts';

/**
 * What a provider folder gives to the rest of the house; nothing outside the folder knows the provider's API.
 * Functions on inputs and clients are declared as methods, so that each provider types its own.
 */
export interface Provider {
  /** Its field in every one-of input. */
  readonly key: string;
  /** Its value in the enum `BadgeProvider`, and its human-readable name. */
  readonly name: ProviderName;
  readonly settings: ProviderSettings;
  /**
   * How many requests it takes of all callers of one tenant: no stretch of `windowMs` may see more than `requests`. All
   * of the windows hold at once. Empty: it states no limit. A tenant's own limit is one of the first window, and the
   * others shrink with it.
   */
  readonly requestWindows: readonly { readonly requests: number; readonly windowMs: number }[];
  readonly badgeClass: ClassType<BadgeFields>;
  /** What it can do to badges; what is absent is absent from the inputs too. */
  readonly operations: Readonly<Partial<Record<OperationKind, Operation>>>;
  /** Codes of warnings that only its operations give, with their descriptions in the graph. */
  readonly warnings: Readonly<Record<string, string>>;
  /** Classes with queries of its own. */
  readonly resolvers: readonly ClassType[];
  readonly example: ProviderExample;
  readonly check: ProviderCheck;

  /** Whether a string can be a badge id here at all. Only such strings ever enter a path. */
  isBadgeId(id: string): boolean;
  /** The one spelling of an id, of several that the provider takes for the same: only it is compared, kept and sent. */
  canonicalId(id: string): string;
  /** The input of a write with every id in that spelling. */
  canonicalInput<Input extends object>(input: Input): Input;
  /** A badge again, from the `record` of one that was kept as JSON, with the settings of its tenant. Null: it cannot be read. */
  restoreBadge(record: unknown, surroundings: BadgeSurroundings): BadgeFields | null;
  /** The same badge with a mark for values that this service wrote and the provider does not show. Absent: it shows all. */
  withHiddenRevision?(badge: BadgeFields, revision: string | undefined): BadgeFields;
  createClient(values: ProviderValues, options: ClientOptions): ProviderClient;
}

/** Parts of a provider that most providers do not need. */
type Optional = Pick<
  Provider,
  'requestWindows' | 'warnings' | 'resolvers' | 'canonicalId' | 'canonicalInput'
>;

/** What a folder says of its provider: its operations and reads use its own client and its own type of badge. */
export interface ProviderDefinition<Client extends ProviderClient, Badge extends BadgeFields, Kept>
  extends Omit<Provider, keyof Optional | 'restoreBadge' | 'operations'>, Partial<Optional> {
  readonly badgeClass: new (record: Kept, surroundings: BadgeSurroundings) => Badge;
  /** Reads a record that was kept. */
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

/** Properties and no methods, since the parameters of methods may be of a narrower type. */
interface OwnOperation<Client extends ProviderClient, Badge extends BadgeFields> extends Operation {
  readonly prepare?: (client: Client, input: never, bounds: CallBounds) => Promise<Prepared>;
  readonly plan: (input: never, basis: PlanBasis<Badge, never>) => WritePlan;
  readonly send: (
    client: Client,
    write: { input: never; body: object; found: never },
    bounds: CallBounds,
  ) => Promise<readonly Badge[] | null>;
}

/** The provider as the rest of the service knows it. Does not compile with an operation of another provider. */
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

export type OperationKind = 'create' | 'update' | 'delete' | 'award' | 'revoke';

/** One kind of write. All but `prepare` and `send` are pure. */
export interface Operation<
  Input extends object = object,
  Client extends ProviderClient = ProviderClient,
  Badge extends BadgeFields = BadgeFields,
  Found extends object = object,
> {
  readonly inputClass: ClassType<Input>;
  /** What is wrong with the input by itself, but for its badge ids; empty when nothing is. */
  check(input: Input, rules: InputRules): InputProblem[];
  /** The badges that must exist, and the input field that names them. Null for a creation. */
  target(input: Input): Target | null;
  /** Whether the write can do without reading the badge: it gives every value that it replaces, or replaces none. */
  canSkipRead?(input: Input): boolean;
  /** Reads what the input only points to, such as the id of a user. */
  prepare?(client: Client, input: Input, bounds: CallBounds): Promise<Prepared<Found>>;
  /**
   * The provider's id of the member who gets or loses badges. Null: only `prepare` can find it. Absent for other
   * operations.
   */
  memberId?(input: Input, found: Found | undefined): string | null;
  /** Lays the input over the badge. */
  plan(input: Input, basis: PlanBasis<Badge, Found>): WritePlan;
  /** Sent at most once. The badges that the answer shows; null: it was accepted without the body that was promised. */
  send(
    client: Client,
    write: { input: Input; body: object; found: Found | undefined },
    bounds: CallBounds,
  ): Promise<readonly Badge[] | null>;
  /**
   * An award or a revocation changes what the badge shows, and its answer has no badge: it is read again, so that the
   * caller sees it as it then is.
   */
  readonly isReadAfter?: true;
  /**
   * The badge as it stands after the write: what the answer or a read shows, laid over what was sent and what was there
   * before. Absent where no badge changes.
   */
  toStanding?(shown: Badge, written: { body: object; before: Badge | undefined }): Badge;
  /** The badge as it will show itself if the write takes effect as it is sent. Absent where a write has no fields of a badge. */
  toExpected?(body: object, before: Badge): Badge;
  /** The fields of a body that a badge shows with another value. Absent where a write has no fields of a badge. */
  fieldsNotAsSent?(body: object, badge: Badge): string[];
  /** The value of a field, as `changes` show it. Undefined: the badge does not show the field. */
  valueOf?(badge: Badge, field: string): unknown;
  /** Whether a badge read later (null: gone) shows that the write took effect. Absent where no read can show it. */
  isConfirmedBy?(plan: Pick<WritePlan, 'body'>, badge: Badge | null): boolean;
}

export interface Target {
  field: string;
  ids: readonly string[];
  /** Only for one badge, which is then locked. Undefined: whatever version it has. */
  expectedVersion?: string | null | undefined;
  isLocked: boolean;
}

/** What the input points to, for `plan` and `send`, or what is wrong with it. */
export type Prepared<Found = object> = { found: Found } | { problems: InputProblem[] };

export interface PlanBasis<Badge extends BadgeFields = BadgeFields, Found extends object = object> {
  /** What `prepare` found. Undefined: there is no such step. */
  found: Found | undefined;
  /** Undefined when there is none yet, or for a complete input whose read failed. */
  current: Badge | undefined;
  /** What this service wrote last. Null: it wrote nothing, or nothing is known of it. */
  remembered: RememberedFields | null;
  /** Those ids of the target that the member holds already, as far as this service knows. */
  knownHeld?: readonly string[];
}

/** Values by field, with the time of their write. */
export interface RememberedFields {
  readonly values: Readonly<Record<string, unknown>>;
  /** ISO 8601. */
  readonly at: string;
  /** Records of the badge as it may have stood right after that write. Empty: unknown. */
  readonly left: readonly unknown[];
}

export interface InputRules {
  isImageUrl: UrlRule;
}

export interface InputProblem {
  code: 'INVALID_INPUT' | 'HIDDEN_FIELDS_UNKNOWN' | 'NOT_FOUND';
  message: string;
  /** Path inside the provider's input; empty for the input as a whole. */
  field: readonly string[];
}

/** Never changed after it was made. */
export interface WritePlan {
  /** The JSON to send. */
  readonly body: object;
  /** Values by field as they are meant to be afterwards, to be remembered. Null: the provider needs no memory. */
  readonly writtenValues: Readonly<Record<string, unknown>> | null;
  /** The writable fields that the input gives. */
  readonly givenFields: readonly string[];
  /** Only what differs. */
  readonly changes: readonly FieldChange[];
  readonly warnings: readonly Warning[];
  /** What stands against sending; empty when nothing does. */
  readonly problems: readonly InputProblem[];
}

export interface FieldChange {
  /** The input field's name. */
  field: string;
  /** JSON text; null when the value before is unknown. */
  before: string | null;
  /** JSON text. */
  after: string;
}

export interface Warning {
  /** One of `WARNING_CODES`, or of the provider's own. */
  readonly code: string;
  readonly message: string;
  readonly fields: readonly string[];
}

/** Printed as the enum `BadgeWarningCode` with those of the providers, and with these texts as descriptions. */
export const WARNING_CODES = {
  NO_CHANGE: 'The badge already has all the given values. Nothing was sent.',
  HIDDEN_FIELDS_REUSED:
    'Fields that the provider does not show were sent with the values that this service last wrote. Later edits of these fields made elsewhere are lost.',
  HIDDEN_FIELDS_OMITTED:
    'Fields that the provider does not show were omitted, as requested. The provider may have reset them.',
  SHOWN_VALUE_IN_DOUBT:
    'A field that the update does not change is shown in a different form from the one this service wrote, or looks truncated, escaped or signed. The message states which value was sent back.',
  VALUE_ALTERED:
    'The provider stored a different value from the one it was sent. `changes` and the badge show the stored value.',
  ALREADY_HELD:
    'As far as this service knows, the member already has the badge. The request was sent anyway.',
  NOT_RECORDED:
    'The state store was unavailable, so this change is missing from the history and from the remembered values.',
  PREVIOUS_VALUES_UNKNOWN: 'The badge could not be read before the write, so `before` is unknown.',
  OTHER:
    'A warning recorded by a newer version of this service, with a code that this version does not know.',
} as const;

/** What a query of a provider's own gets of the request. */
export interface ProviderContext {
  /** Throws a `ProviderError` when the provider is not configured. */
  clientOf(providerKey: string): ProviderClient;
  /**
   * Badges that a client has just read past the list, each as this service's last write left it where the provider
   * does not show that write yet.
   */
  withRecentWrites(
    providerKey: string,
    badges: readonly BadgeFields[],
  ): Promise<readonly BadgeFields[]>;
  /** For the calls of a query. */
  readonly bounds: CallBounds;
}

/** One provider for one tenant, with further calls that only its own folder knows. Rejects with a `ProviderError` only. */
export interface ProviderClient {
  listBadges(bounds: CallBounds): Promise<BadgeList>;
  close: () => Promise<void>;
}

export interface ClientOptions {
  isImageUrl: UrlRule;
  http: HttpDeps;
}

/** What the playground and the example operations show of a provider, true on the sandbox. */
export interface ProviderExample {
  badgeId: string;
  /** Fields of its own, as a selection. */
  selection: string;
  operations: readonly ExampleMutation[];
}

export interface ExampleMutation {
  kind: OperationKind;
  operationName: string;
  input: object;
  /** What to look at; only where it is not plain from the name. */
  about?: string;
  dryRun?: true;
  idempotencyKey?: string;
}

/**
 * What is asked of the real provider to find out whether it keeps to its contract file. That file names the operations
 * `listBadges`, `createBadge`, `updateBadge` and `deleteBadge`, where there are such.
 */
export interface ProviderCheck {
  readonly contract: URL;
  /** They change nothing, and name nobody. */
  readonly reads: readonly CheckedRead[];
  readonly scratch: ScratchBadge;
  /** Any of these holds the id in a record of a badge. */
  readonly idFields: readonly string[];
}

export interface CheckedRead {
  /** Its operation in the contract file. */
  readonly operation: string;
  /** What it needs, and what may be wrong when it is refused. It is left out where they are not set. */
  readonly settings: readonly string[];
  /** Whether it looks a member up, so that nothing of its answer may be told. */
  readonly isOfMember?: boolean;
  send(this: void, client: ProviderClient, bounds: CallBounds): Promise<unknown>;
}

/** A badge that the check makes for itself, to see what reads cannot show. It is of no use to a member. */
export interface ScratchBadge {
  readonly nameField: string;
  /** What is written beside the name; no value is one that a reset would leave. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Without these an update is refused; beside the name. */
  readonly requiredFields: readonly string[];
  /** Of the fields, one of each kind: to be written in other ways, and read back. */
  readonly textField: string;
  readonly numberField: string;
  readonly urlField: string;
  /** The fields that a null is tried for. */
  readonly nullFields: readonly string[];
}
