import type {
  AuditEntry,
  KeyCreate,
  KeyRead,
  LinkPurpose,
  MemberPut,
  MemberRead,
  ProjectRead,
  SessionEntry,
  SessionRead,
  SignIn,
  UserChange,
  UserCreate,
  UserRead,
} from "@/lib/api/schema.gen";
import { json, problem } from "./answers";

const NOW = "2026-01-05T09:00:00Z";
export const HOME = "00000000-0000-7000-8000-000000000000";

/** The people of the API in memory: one admin, one project, and whatever a test adds. */
export class FakeAccounts {
  isSignedIn = true;
  isAdmin = true;
  validToken = "good-token";
  purpose: LinkPurpose = "session";
  password = "four words to remember";
  readonly sent: SignIn[] = [];
  users: UserRead[] = [user("u-1", "ayşe", { is_admin: true })];
  keys: KeyRead[] = [];
  projects: ProjectRead[] = [project(HOME, "default")];
  members: MemberRead[] = [];
  sessions: SessionEntry[] = [session("s-1", { is_current: true })];
  audit: AuditEntry[] = [];

  /** The answer to a call that concerns people; null for any other. */
  answer(path: string, { method, body }: { method: string; body: unknown }): Response | null {
    const [, group = "", id, rest, other] = path.split("/");
    if (group === "auth") return this.auth(path, { method, body });
    if (!this.isSignedIn) return problem("unauthenticated", 401);
    if (group === "users") return this.answerUsers(id, { method, body, rest });
    if (group === "keys") return this.answerKeys(id, { method, body });
    if (group === "projects") return this.answerProjects(id, { method, body, rest, other });
    if (group === "audit") return json({ items: this.audit, next_cursor: null });
    return null;
  }

  private auth(path: string, { method, body }: { method: string; body: unknown }): Response | null {
    if (path === "/auth/session") return this.session(method, body as SignIn);
    if (path === "/auth/links/read") {
      const { token } = body as { token: string };
      if (token !== this.validToken) return problem("link_invalid", 401);
      return json({ purpose: this.purpose, user: this.purpose === "setup" ? "" : "ayşe", expires_at: NOW });
    }
    if (path === "/auth/password") {
      if ((body as { current: string }).current === this.password) return new Response(null, { status: 204 });
      return problem("credentials_invalid", 403);
    }
    if (method === "DELETE") {
      const gone = path.split("/")[3];
      this.sessions = this.sessions.filter(({ id, is_current }) => (gone ? id !== gone : is_current));
      return new Response(null, { status: 204 });
    }
    return json({ items: this.sessions });
  }

  private session(method: string, body: SignIn): Response {
    if (method === "POST") {
      this.sent.push(body);
      if (body.token ? body.token !== this.validToken : body.password !== this.password)
        return problem(body.token ? "link_invalid" : "credentials_invalid", 401);
      this.isSignedIn = true;
    }
    if (method === "DELETE") {
      this.isSignedIn = false;
      return new Response(null, { status: 204 });
    }
    return this.isSignedIn ? json(this.whoIsSignedIn()) : problem("unauthenticated", 401);
  }

  private whoIsSignedIn(): SessionRead {
    return {
      user: "ayşe",
      user_id: "u-1",
      role: this.isAdmin ? "admin" : "member",
      is_admin: this.isAdmin,
      kind: "session",
      scopes: ["read", "write", "admin"],
      project: null,
      projects: [],
      expires_at: null,
    };
  }

  private answerUsers(
    id: string | undefined,
    { method, body, rest }: { method: string; body: unknown; rest: string | undefined },
  ): Response {
    const link = { path: "/sign-in#fresh", expires_at: NOW, purpose: "invite", user: "new" };
    if (rest === "links") return json({ ...link, purpose: "reset" }, 201);
    if (method === "POST") {
      const { name, is_admin = false } = body as UserCreate;
      if (this.users.some((one) => one.name === name)) return problem("name_taken", 409);
      const made = user(`u-${this.users.length + 1}`, name, { is_admin, has_password: false });
      this.users = [...this.users, made];
      return json({ user: made, link: { ...link, user: name } }, 201);
    }
    if (method === "PATCH") {
      const { is_disabled, is_admin } = body as UserChange;
      if (id === "u-1" && (is_disabled || is_admin === false)) return problem("last_admin", 409);
      const change = { ...(is_admin !== undefined && { is_admin }), disabled_at: is_disabled ? NOW : null };
      this.users = this.users.map((one) => (one.id === id ? ({ ...one, ...change } as UserRead) : one));
    }
    return json({ items: this.users });
  }

  private answerKeys(id: string | undefined, { method, body }: { method: string; body: unknown }): Response {
    if (method === "POST") {
      const { name, scopes, project: only = null } = body as KeyCreate;
      const read: KeyRead = {
        id: `k-${this.keys.length + 1}`,
        name,
        prefix: "azf_1234",
        scopes,
        project: only,
        user: "u-1",
        user_name: "ayşe",
        created_at: NOW,
        expires_at: null,
        used_at: null,
      };
      this.keys = [read, ...this.keys];
      return json({ key: "azf_1234secret", read }, 201);
    }
    if (method === "DELETE") {
      this.keys = this.keys.filter((key) => key.id !== id);
      return new Response(null, { status: 204 });
    }
    return json({ items: this.keys });
  }

  private answerProjects(
    id: string | undefined,
    {
      method,
      body,
      rest,
      other,
    }: { method: string; body: unknown; rest: string | undefined; other: string | undefined },
  ): Response {
    if (rest === "members" && method === "POST") {
      const { user: name, role } = body as MemberPut;
      this.members = [...this.members.filter((one) => one.name !== name), { user: `u-${name}`, name, role }];
      return json(this.members.at(-1));
    }
    if (rest === "members" && method === "DELETE") {
      this.members = this.members.filter((one) => one.user !== other);
      return new Response(null, { status: 204 });
    }
    if (rest === "members") return json({ items: this.members });
    if (method === "POST") {
      this.projects = [...this.projects, project("p-2", (body as { name: string }).name)];
      return json(this.projects.at(-1), 201);
    }
    if (id === undefined) return json({ items: this.projects });
    const found = this.projects.find((one) => one.id === id);
    return found ? json(found) : problem("not_found", 404);
  }
}

export function user(id: string, name: string, given: Partial<UserRead> = {}): UserRead {
  return {
    id,
    name,
    is_admin: false,
    has_password: true,
    created_at: NOW,
    password_at: null,
    disabled_at: null,
    ...given,
  };
}

export function project(id: string, name: string, given: Partial<ProjectRead> = {}): ProjectRead {
  return { id, name, role: "admin", created_at: NOW, archived_at: null, ...given };
}

export function session(id: string, given: Partial<SessionEntry> = {}): SessionEntry {
  return {
    id,
    agent: "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0",
    address: "127.0.0.1",
    created_at: NOW,
    seen_at: NOW,
    expires_at: NOW,
    is_current: false,
    ...given,
  };
}
