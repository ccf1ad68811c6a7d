/**
 * A connection as the list of the Worker has it: a row of One's vault, unchanged. Which optional fields
 * are there is the upstream's matter.
 */
export interface Connection {
  /** For `disconnect` and `reconnect`. */
  id: string;
  /** Names the connection to the upstream's API. Only your servers need it. */
  key: string;
  /** The app, as programs name it: `gmail`. */
  platform: string;
  /** The app, as people name it: `Gmail`. */
  title?: string;
  /** What the person called the connection. */
  name?: string;
  /** Whether it works. Credentials that were taken back at the provider show here as `failed`. */
  state?: "operational" | "degraded" | "failed" | "unknown";
  active?: boolean;
  environment?: string;
  tags?: string[];
  /** An address of a picture, on `assets.withone.ai`. */
  image?: string;
  [field: string]: unknown;
}

/** What the widget gives to `onSuccess`. */
export interface Connected {
  /** The id of the widget's own record. `connections()` has the id for `disconnect`, by the same `key`. */
  _id: string;
  key: string;
  platform: string;
  name: string;
  environment: string;
  identity?: string;
  identityType?: "user" | "team" | "organization" | "project";
  [field: string]: unknown;
}

/** What went wrong. `message` is a sentence for a person. */
export class AuthKitError extends Error {
  /**
   * A `code` of the Worker (`unauthenticated`, `session_signed_out`, `too_many_requests`, …), or
   * `network`: no answer. `unreadable`: an answer that is no JSON, so probably not from the Worker.
   * `no_integrations`: no app is enabled. `widget`: the widget said so, and the connection failed.
   */
  readonly code: string;
  /** The status of the answer, if there was one. */
  readonly status?: number;
  /** Finds the line in the Worker's log. */
  readonly requestId?: string;
}

/** What is to happen when. */
export interface Callbacks {
  /** An app is connected. */
  onSuccess?: (connection: Connected) => void;
  /** Something failed. Without it, what you await is rejected with the same error. */
  onError?: (error: AuthKitError) => void;
  /** The widget is gone, whatever came of it. */
  onClose?: () => void;
  /** The widget can be seen. */
  onOpen?: () => void;
}

type Own = "token" | "selectedConnection" | "onSuccess" | "onError" | "onClose";

export interface AuthKitOptions<Props> extends Callbacks {
  /** `useOneAuth` of `@withone/auth`, or `useAuthKit` of `@picahq/authkit`. */
  widget: (props: Props) => { open: () => void };
  /** Where the Worker is. Default `/api/authkit`, on the page's own origin. */
  endpoint?: string;
  /** The session's bearer token, for an application that has no cookie. Called for every request. */
  getToken?: () => string | null | undefined | Promise<string | null | undefined>;
  /** `false` leaves it to you to call `resume()` when a page is loaded. */
  resume?: boolean;
}

export interface AuthKit {
  /** Opens the widget: with an `app`, by the name that people see (`Gmail`), or with the list. */
  connect(options?: Callbacks & { app?: string }): Promise<void>;
  /**
   * Takes up the way back from a provider. `@withone/auth` sends the whole page there, so what was
   * given to `connect` is gone then: give callbacks to `createAuthKit`, which calls this on load.
   */
  resume(callbacks?: Callbacks): Promise<void>;
  /** The signed-in user's connections. Needs `CONNECTIONS = "read"` or `"manage"` in the Worker. */
  connections(): Promise<Connection[]>;
  /** Ends a connection for good. Needs `CONNECTIONS = "manage"`. */
  disconnect(id: string): Promise<void>;
  /** Connects the same app anew, and ends the old connection when the new one is there. */
  reconnect(connection: Pick<Connection, "id" | "platform" | "title">, callbacks?: Callbacks): Promise<void>;
  /** At sign-out: the grant is the old user's. Other tabs forget theirs, too. */
  forget(): void;
  /** The headers of a grant that lives for a while yet, for a widget that you open yourself. */
  grantHeaders(): Promise<Record<string, string>>;
}

/**
 * Makes it once for a page, in a module of yours; not in a component. Further options are the
 * package's own (`title`, `appTheme`, `baseUrl`, …).
 */
export function createAuthKit<Props>(
  options: AuthKitOptions<Props> & Omit<Partial<Props>, Own | keyof AuthKitOptions<Props>>,
): AuthKit;
