import type { ServerResponse } from 'node:http';
import type { FaultOf } from '../faults.ts';
import { writeEvery } from './connection.ts';

/** Byte by byte, for ever: a header that does not end, or the blanks that JSON may begin with. */
export function drip(fault: FaultOf<'drip'>, response: ServerResponse): void {
  switch (fault.part) {
    case 'headers':
      response.socket?.write('HTTP/1.1 200 OK\r\nx-drip: ');
      return writeEvery(response, fault.everyMs, () => response.socket?.write('.'));
    case 'body':
      response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
      return writeEvery(response, fault.everyMs, () => response.write(' '));
  }
}
