import { CombinedGraphQLErrors } from '@apollo/client';
import type { ReactNode } from 'react';
import type { Change, Provider, WriteResult } from './operations.ts';
import { PROVIDER_FORMS } from './provider-forms.ts';
import { LoadError, Value } from './parts.tsx';

interface WriteReportProps {
  provider: Provider;
  result: WriteResult | undefined;
  /** Why no answer came. */
  error: Error | undefined;
  /** Whether it was a dry run. */
  isPreview?: boolean;
  /** What to say when it worked. */
  done: ReactNode;
  /** Sends the same again. */
  onRepeat: () => void;
}

/** Says what happened to a write, and what can be done. */
export function WriteReport(props: WriteReportProps) {
  const { provider, result, error, isPreview, done, onRepeat } = props;
  if (error && (isPreview || isRejected(error))) {
    return (
      <LoadError
        what={isPreview ? 'The preview' : 'The change'}
        error={error}
        onRepeat={onRepeat}
      />
    );
  }
  if (error) {
    return (
      <Unknown onRepeat={onRepeat}>
        No answer came, so the change may have been made or not. {error.message}
      </Unknown>
    );
  }
  if (!result) return null;
  return (
    <>
      {result.outcome === 'UNKNOWN' && (
        <Unknown onRepeat={onRepeat}>
          {provider.title} did not say whether the change was made.
        </Unknown>
      )}
      {result.outcome === 'REFUSED' && <Refusal provider={provider} result={result} />}
      {result.outcome === 'UNCHANGED' && (
        <p className="notice" role="status">
          The badge has these values already. Nothing was sent.
        </p>
      )}
      {result.outcome === 'APPLIED' && (
        <p className="notice good" role="status">
          {done}
        </p>
      )}
      {result.warnings.length > 0 && result.outcome !== 'UNCHANGED' && (
        <ul className="notice warn">
          {result.warnings.map(({ code, message }) => (
            <li key={code + message}>{message}</li>
          ))}
        </ul>
      )}
    </>
  );
}

/** Codes of requests that were rejected as a whole, before anything was sent to a provider. */
const REJECTED = [
  'AUTHENTICATION_UNAVAILABLE',
  'BAD_REQUEST',
  'BAD_USER_INPUT',
  'FORBIDDEN',
  'LIMIT_EXCEEDED',
  'OVERLOADED',
  'UNAUTHENTICATED',
];

function isRejected(error: Error): boolean {
  if (!CombinedGraphQLErrors.is(error)) return false;
  return error.errors.every(({ extensions }) => REJECTED.includes(String(extensions?.code)));
}

function Unknown({ children, onRepeat }: { children: ReactNode; onRepeat: () => void }) {
  return (
    <div className="notice warn" role="alert">
      <p>{children}</p>
      <p>Trying again is safe: the change is never made twice.</p>
      <button type="button" onClick={onRepeat}>
        Try again
      </button>
    </div>
  );
}

/** Codes whose message is for developers have a text for operators. */
function Refusal({ provider: { title }, result }: { provider: Provider; result: WriteResult }) {
  const texts: Readonly<Record<string, string | undefined>> = {
    CONFLICT: 'Somebody else has changed this badge since you opened it. Nothing was saved.',
    HIDDEN_FIELDS_UNKNOWN: `${title} replaces the whole badge at each change, and does not show all of its fields. Their values are unknown here, and leaving them out may reset them. Enter them below, or choose what happens to them.`,
  };
  return (
    <div className="notice bad" role="alert">
      {result.userErrors.map(({ code, message, providerMessage }) => (
        <div key={code + message}>
          <p>{texts[code] ?? message}</p>
          {providerMessage && (
            <p>
              {title} says: <q>{providerMessage}</q>
            </p>
          )}
        </div>
      ))}
    </div>
  );
}

/** The changes of a preview or of a history entry. */
export function Changes({ changes, provider }: { changes: readonly Change[]; provider: Provider }) {
  if (changes.length === 0) return null;
  const labelOf = (field: string) =>
    PROVIDER_FORMS[provider.inputField]?.fields.find(({ name }) => name === field)?.label ?? field;
  return (
    <dl className="changes">
      {changes.map(({ field, before, beforeKnown, after }, index) => (
        <div key={`${field} ${index}`}>
          <dt>{labelOf(field)}</dt>
          <dd>
            <del>{beforeKnown ? <Value value={before} /> : <i>unknown</i>}</del>
            <span aria-hidden="true"> → </span>
            <ins>
              <Value value={after} />
            </ins>
          </dd>
        </div>
      ))}
    </dl>
  );
}
