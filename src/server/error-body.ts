/** What a request is told that no operation was read from: as a GraphQL server tells of an error, for gateways to read. */
export function toErrorBody(
  { code, message }: { code: string; message: string },
  requestId: string,
): object {
  return { errors: [{ message, extensions: { code, requestId } }] };
}
