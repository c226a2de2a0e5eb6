import { type ReactNode, useEffect, useRef, useState } from 'react';

let isOpen = false;

/** Takes the focus, so that a screen reader begins to read at a new page. */
export function PageTitle({ children }: { children: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${heading.current?.textContent} · Badge desk`;
    // When the desk opens, the browser begins at the top.
    if (isOpen) heading.current?.focus();
    isOpen = true;
    scrollTo(0, 0);
  }, []);
  return (
    <h1 ref={heading} tabIndex={-1}>
      {children}
    </h1>
  );
}

export function Pending() {
  return (
    <p role="status" className="quiet">
      Loading…
    </p>
  );
}

interface LoadErrorProps {
  /** Such as `Loading the badges`. */
  what: string;
  error: Error;
  onRepeat: () => void;
}

export function LoadError({ what, error, onRepeat }: LoadErrorProps) {
  return (
    <div className="notice bad" role="alert">
      <p>
        {what} failed. {error.message}
      </p>
      <button onClick={onRepeat}>Try again</button>
    </div>
  );
}

/** Decorative: its name stands beside it. Initials where there is no picture. */
export function Picture({ url, name }: { url: string | null; name: string }) {
  const [broken, setBroken] = useState<string>();
  if (url !== null && url !== broken) {
    return (
      <img className="picture" src={url} alt="" loading="lazy" onError={() => setBroken(url)} />
    );
  }
  const initials = name
    .split(/\s+/)
    .map(([letter = '']) => letter)
    .join('')
    .slice(0, 2);
  return (
    <span className="picture" aria-hidden="true">
      {initials.toUpperCase()}
    </span>
  );
}

const FORMAT = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

export function Time({ at }: { at: string }) {
  return <time dateTime={at}>{FORMAT.format(new Date(at))}</time>;
}

/** A JSON value as an operator reads it. */
export function Value({ value }: { value: unknown }) {
  if (value === null || value === undefined || value === '') return <i>empty</i>;
  if (value === true) return 'Yes';
  if (value === false) return 'No';
  if (Array.isArray(value)) return value.length === 0 ? <i>empty</i> : value.join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value as string | number);
}
