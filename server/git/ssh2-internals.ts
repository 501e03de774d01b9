// oxlint-disable no-underscore-dangle -- ssh2 has no public way to any of this
import type { Socket } from 'node:net';
import type { Connection, ServerChannel, Session } from 'ssh2';

/**
 * What we need of ssh2 and it does not offer (read in ssh2 1.17: lib/server.js, lib/Channel.js). Everything that
 * leans on its insides is here, to be looked at when ssh2 is updated.
 */

interface ConnectionInsides {
  readonly _chanMgr: { remove(id: number): void };
  readonly _protocol: { channelClose(id: number): void };
}

interface SessionInsides {
  readonly _chanInfo?: {
    readonly incoming?: { readonly id: number };
    readonly outgoing?: { readonly id: number; readonly packetSize?: number };
  };
  readonly _channel?: { readonly readableLength: number };
}

interface ChannelInsides {
  _chunk?: unknown;
  _chunkcb?: unknown;
  _chunkErr?: unknown;
  _chunkcbErr?: unknown;
}

/** The socket below a connection, whose buffer ssh2 fills without looking. */
export function socketOf(connection: Connection): Socket {
  return (connection as unknown as { readonly _sock: Socket })._sock;
}

/** Largest packet that the client of a session takes, in bytes; ssh2 loops for ever over packets of 0 bytes. */
export function clientPacketSize(session: Session): number {
  return (session as SessionInsides)._chanInfo?.outgoing?.packetSize ?? 0;
}

/**
 * Forgets a session that the client has closed before it ran anything, and closes our side of it (RFC 4254, 5.3). ssh2
 * does neither, so that who opens and closes sessions would fill the memory. To be called at `close` of a session.
 */
export function endWithoutCommand(connection: Connection, session: Session): void {
  const { _channel: channel, _chanInfo: info } = session as SessionInsides;
  if (channel !== undefined || info?.incoming === undefined || info.outgoing === undefined) return;
  const { _chanMgr: channels, _protocol: protocol } = connection as unknown as ConnectionInsides;
  channels.remove(info.incoming.id);
  protocol.channelClose(info.outgoing.id);
}

/** Bytes that have come in and nobody has read; ssh2 does not hold a client to the window. */
export function unreadBytes(session: Session): number {
  return (session as SessionInsides)._channel?.readableLength ?? 0;
}

/**
 * ssh2 keeps the rest of a write that the window held up even after it is sent, and would send it again when
 * stderr has to wait for the window. To be called when no write is under way.
 */
export function forgetHeldWrites(channel: ServerChannel): void {
  const held = channel as unknown as ChannelInsides;
  held._chunk = undefined;
  held._chunkcb = undefined;
  held._chunkErr = undefined;
  held._chunkcbErr = undefined;
}

/** ssh2 begins by writing its identification; this one has been sent already. To be called before ssh2 gets the socket. */
export function skipIdentification(socket: Socket): void {
  const write = socket.write.bind(socket);
  socket.write = () => {
    socket.write = write;
    return true;
  };
}
