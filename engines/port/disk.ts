/** Milliseconds since 1970, both ends included. */
export interface Period {
  readonly from: number;
  readonly to: number;
}

/** In bytes. */
export interface EngineUsage {
  /** Layers that only images of this installation hold, each counted once: not those of their base images. */
  readonly images: number;
  /** What its builds left in the cache beyond the layers of images; undefined: the engine cannot tell now. */
  readonly buildCache: number | undefined;
  /** Cache that cannot be told to be its own; never touched. */
  readonly otherCache: number;
  /** Last lines of replicas that are gone. */
  readonly appLogs: number;
  /** Left on the engine's own disk, where it can be seen from here. */
  readonly free?: number;
}
