import type { Provider, Source } from './operations.ts';
import { Time } from './parts.tsx';

interface SourcesProps {
  sources: readonly Source[];
  providers: readonly Provider[];
  onRepeat: () => void;
}

/** Says of each provider whether its badges are missing, old or incomplete. Nothing if all is well. */
export function Sources({ sources, providers, onRepeat }: SourcesProps) {
  const notes = sources.filter(
    ({ state, droppedRecords }) => state === 'FAILED' || state === 'STALE' || droppedRecords > 0,
  );
  if (notes.length === 0) return null;
  const titleOf = (source: Source) =>
    providers.find(({ provider }) => provider === source.provider)?.title ?? source.provider;
  return (
    <div className="notice warn" role="status">
      {notes.map((source) => (
        <p key={source.provider}>
          <SourceNote source={source} title={titleOf(source)} />
        </p>
      ))}
      <button onClick={onRepeat}>Try again</button>
    </div>
  );
}

function SourceNote({ source, title }: { source: Source; title: string }) {
  const { state, asOf, code, droppedRecords } = source;
  const reason = code === null ? 'a newer list takes a while' : (REASONS[code] ?? 'it fails');
  return (
    <>
      {state === 'FAILED' && `The badges of ${title} are missing: ${reason}. `}
      {state === 'STALE' && asOf && (
        <>
          The badges of {title} are those of <Time at={asOf} />: {reason}.{' '}
        </>
      )}
      {droppedRecords > 0 && `${droppedRecords} badges of ${title} are missing: unreadable. `}
    </>
  );
}

/** Codes that will be added have the default text. */
const REASONS: Readonly<Record<string, string | undefined>> = {
  PROVIDER_TIMEOUT: 'it does not answer in time',
  PROVIDER_UNAVAILABLE: 'it is down or cannot be reached',
  PROVIDER_RATE_LIMITED: 'its rate limit is reached',
  PROVIDER_BAD_RESPONSE: 'its answer makes no sense',
  PROVIDER_AUTH_FAILED: 'it rejects our credentials',
  PROVIDER_NOT_CONFIGURED: 'it is not set up',
};
