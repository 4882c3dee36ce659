/** The process at the other end of a local socket, as the system itself tells. */
export interface Peer {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
  /** The program it runs, as this process would name it; null where the system does not let us see. */
  readonly executable: string | null;
  /** Of the program's own bytes, hexadecimal; null where it was not asked for or cannot be read. */
  readonly sha256: string | null;
  /** Tells it apart from a later process with the same number. */
  readonly started: string;
}

/** A connection whose other end was noted down when it was accepted. */
export interface SeenPeer {
  /** Looks at the process, and makes sure at the end that it is still the one that connected. Text says what is wrong. */
  examine(wanted: { readonly hash: boolean }): Promise<Peer | string>;
  /** Lets go of what is held of it. Once the connection is over. */
  release(): void;
}

export interface Peers {
  /** Null when the system tells; else what is missing, in one sentence. */
  readonly lacks: string | null;
  /** To be called as soon as a connection is accepted; text says why nothing is known of it. */
  see(socket: object): SeenPeer | string;
}
