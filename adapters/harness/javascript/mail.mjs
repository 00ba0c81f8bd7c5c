// A tiny Simple MAPI in memory. It stands in for your implementation: replace it.
// It knows nothing of the suite and its protocol. The codes are those of Simple MAPI.

export const SUCCESS = 0, FAILURE = 2, LOGON_FAILURE = 3, INVALID_SESSION = 19;
const LOGON_UI = 0x1, NEW_SESSION = 0x2, FORCE_DOWNLOAD = 0x1000;

export const PROFILE = "tester", PASSWORD = "secret";

/** The sessions of one client. */
export class Mail {
  #sessions = new Map(); // from handle to what is behind it
  #last = 0x1000n; // handles are as wide as a pointer

  /** Returns a code, and the handle of the session where it is SUCCESS. */
  logon(profile, password, flags, reserved) {
    if (reserved !== 0 || (flags & ~(LOGON_UI | NEW_SESSION | FORCE_DOWNLOAD)) !== 0) {
      return [FAILURE, null];
    }
    const apart = (flags & NEW_SESSION) !== 0;
    const shared = [...this.#sessions.values()].includes("shared");
    if ((apart || !shared) && (profile !== PROFILE || password !== PASSWORD)) {
      return [LOGON_FAILURE, null];
    }
    this.#last += 16n;
    this.#sessions.set(this.#last, apart ? this.#last : "shared");
    return [SUCCESS, this.#last];
  }

  /** Returns a code; the handle is of no use afterwards. */
  logoff(handle, flags, reserved) {
    if (!this.#sessions.has(handle)) return INVALID_SESSION;
    if (flags !== 0 || reserved !== 0) return FAILURE;
    this.#sessions.delete(handle);
    return SUCCESS;
  }

  /** Counts the sessions; a shared one counts once, however many handles it has. */
  liveSessions() {
    return new Set(this.#sessions.values()).size;
  }
}
