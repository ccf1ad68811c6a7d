/**
 * A connection as the list of the Worker has it: a row of the upstream's vault, unchanged. Which optional
 * fields are there is the upstream's matter.
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
  /** The address of a picture, on `assets.withone.ai`: the page's policy needs it in `img-src`. */
  image?: string;
  [field: string]: unknown;
}

/** What the widget gives to `onSuccess`. README.md says of each field what it is worth. */
export interface Connected {
  /** The id of the widget's own record. `connections()` has the id for `disconnect`, by the same `key`. */
  _id: string;
  key: string;
  platform: string;
  name: string;
  environment: string;
  identity?: string;
  identityType?: IdentityType;
  [field: string]: unknown;
}

export type IdentityType = "user" | "team" | "organization" | "project";

/** What went wrong. `message` is a sentence for a person. */
export class AuthKitError extends Error {
  constructor(
    message: string,
    options?: { code?: string; status?: number; requestId?: string; retryAfter?: number; cause?: unknown },
  );
  /**
   * A `code` of the Worker (`unauthenticated`, `session_signed_out`, `too_many_requests`, …), or one of
   * these. `network`: no answer. `unreadable`: an answer that is no JSON, so probably not the Worker's.
   * `unknown`: JSON without a code, so the same. `token`: `getToken` failed, `cause` says how.
   * `no_integrations`: no app is enabled. `widget`: the widget could not connect, or could not be made.
   */
  readonly code: string;
  /** The status of the answer, if there was one. */
  readonly status?: number;
  /** Finds the line in the Worker's log. */
  readonly requestId?: string;
  /** Seconds to wait before the next try, if the answer said so. */
  readonly retryAfter?: number;
}

/** What is to happen when. */
export interface Callbacks {
  /** An app is connected. */
  onSuccess?: (connection: Connected) => void;
  /** Something failed. Without it, what you await is rejected with the same error. */
  onError?: (error: AuthKitError) => void;
  /** The widget is gone, whatever came of it. The focus then goes where it was, unless you move it here. */
  onClose?: () => void;
  /** The widget can be seen. */
  onOpen?: () => void;
}

export interface AuthKitOptions<Props> extends Callbacks {
  /** `useOneAuth` of `@withone/auth`, or `useAuthKit` of `@picahq/authkit`. */
  widget: (props: Props) => { open: () => void };
  /** Where the Worker is. Default `/api/authkit`, on the page's own origin. */
  endpoint?: string;
  /** The session's bearer token, for an application that has no cookie. Called for every request. */
  getToken?: () => string | null | undefined | Promise<string | null | undefined>;
  /** For whom to connect, among what the session holds: `organization` for a Clerk organization. */
  identityType?: IdentityType;
  /** Which one of that type, if the session holds several. */
  identity?: string;
  /** `false` leaves it to you to call `resume()` when a page is loaded. */
  resume?: boolean;
}

/** The package's own options, those apart that are set here: `title`, `appTheme`, `authWindow`, … */
export type PackageOptions<Props> = Omit<Partial<Props>, "token" | "selectedConnection" | keyof AuthKitOptions<Props>>;

/** The event of a button, of the browser or of a framework. */
export interface Click {
  preventDefault(): void;
}

export interface AuthKit<Options = unknown> {
  /**
   * Opens the widget: with an `app`, by the name that people see (`Gmail`), or with the list. Settles
   * when it is opened, and does nothing when one is open already. May itself be a button's listener.
   */
  connect(options?: (Options & Callbacks & { app?: string }) | Click): Promise<void>;
  /**
   * Takes up the way back from a provider. `@withone/auth` sends the whole page there, so what was
   * given to `connect` is gone then. `createAuthKit` calls this on load; call it once more when a
   * component is there, and its callbacks get what comes, and what has come. Does nothing on other loads.
   */
  resume(callbacks?: Callbacks): Promise<void>;
  /** The signed-in user's connections. Needs `CONNECTIONS = "read"` or `"manage"` in the Worker. */
  connections(): Promise<Connection[]>;
  /** Ends a connection for good. Needs `CONNECTIONS = "manage"`. */
  disconnect(id: string): Promise<void>;
  /**
   * Connects the same app anew. When the list has the new connection, the old one is ended. What fails
   * of that goes to `onError`, beside `onSuccess`.
   */
  reconnect(
    connection: Pick<Connection, "id" | "platform" | "title">,
    options?: Options & Callbacks & { app?: string },
  ): Promise<void>;
  /** At sign-out: the grant is the old user's. Other tabs forget theirs, too. */
  forget(): void;
  /** The headers of a grant that lives for a while yet, for a widget that you open yourself. */
  grantHeaders(): Promise<Record<string, string>>;
}

/** Makes it, once for a page, in a module of yours; not in a component. */
export function createAuthKit<Props>(
  options: AuthKitOptions<Props> & PackageOptions<Props>,
): AuthKit<PackageOptions<Props>>;
