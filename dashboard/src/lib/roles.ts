import type { Role } from "./api/schema.gen";

/** What a member may be, from the least to the most; a new role fails to compile here until it has its place. */
const ORDER: Record<Role, number> = { viewer: 0, editor: 1, admin: 2 };

export const ROLES = (Object.keys(ORDER) as Role[]).sort((a, b) => ORDER[a] - ORDER[b]);
