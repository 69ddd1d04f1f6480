import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { isIPv4, isIPv6 } from "node:net";
import type { Source } from "./stun.ts";

export interface UdpOptions {
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** Called for each datagram; the bytes are the caller's to keep. */
  onDatagram(bytes: Uint8Array, from: Source): void;
  onError(error: unknown): void;
}

/** One bound UDP socket. */
export interface UdpListener {
  readonly port: number;
  /** Sends a datagram; what cannot be sent is lost, as datagrams are. */
  send(bytes: Uint8Array, to: Source): void;
  close(): Promise<void>;
}

/** How an IPv6 socket tells an IPv4 address. */
const MAPPED = /^::ffff:(?=[\d.]+$)/i;

/** Bytes that may wait in the kernel's queue of what is to be sent; more is lost. */
const MAX_QUEUED_BYTES = 1_048_576;

/** @throws when the address cannot be had. */
export async function listenUdp({ host, port, onDatagram, onError }: UdpOptions): Promise<UdpListener> {
  const type = isIPv6(host) ? "udp6" : "udp4";
  const socket: Socket = createSocket({ type, recvBufferSize: MAX_QUEUED_BYTES });
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.bind({ address: host, port, exclusive: true }, () => {
      socket.off("error", reject);
      resolve();
    });
  });
  let isOpen = true;
  // Errors of a bound socket are those of single datagrams (a port that nobody listens at), and it goes on.
  socket.on("error", (error) => onError(error));
  socket.on("message", (bytes: Buffer, { address, port: from }: RemoteInfo) => {
    try {
      onDatagram(bytes, { address: address.replace(MAPPED, ""), port: from });
    } catch (error) {
      onError(error);
    }
  });

  return {
    port: socket.address().port,
    send(bytes, to) {
      // Port 0 cannot be sent to, though datagrams may claim to come from there.
      if (!isOpen || to.port === 0 || socket.getSendQueueSize() > MAX_QUEUED_BYTES) return;
      const isMapped = type === "udp6" && isIPv4(to.address);
      socket.send(bytes, to.port, isMapped ? `::ffff:${to.address}` : to.address, () => {});
    },
    close() {
      if (!isOpen) return Promise.resolve();
      isOpen = false;
      return new Promise((resolve) => socket.close(() => resolve()));
    },
  };
}
